"""Decides before money is spent: what a scaling policy would do to latency and to the bill."""
