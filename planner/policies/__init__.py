"""Scaling policies, by name and as config."""
