"""Requests: read from a trace, or made up."""
