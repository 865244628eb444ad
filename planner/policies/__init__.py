"""Scaling policies, by name and as config.

Decision record: docs/decisions/0060.
"""
