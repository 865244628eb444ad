"""Scaling policies before money is spent: their latency and cost, simulated.

Decision records: docs/decisions/0060 to 0065.
"""
