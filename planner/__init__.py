"""Deployments before money is spent: memory, speed, latency and cost, computed and simulated.

Decision records: docs/decisions/0060 to 0065, 0100 to 0104.
"""
