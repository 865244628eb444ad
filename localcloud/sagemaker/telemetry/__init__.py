"""Metrics of endpoints and of containers."""
