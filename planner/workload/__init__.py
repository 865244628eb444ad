"""Requests: read from a trace, or generated."""
