"""The cheapest policy that keeps an objective, and capacity from known traffic.

Decision records: docs/decisions/0063 and 0065.
"""
