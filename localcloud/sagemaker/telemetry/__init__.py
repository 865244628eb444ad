"""Metrics of endpoints and of containers.

Decisions: 0037, engine metrics cross a bridge; 0055, metrics are statistic sets.
"""
