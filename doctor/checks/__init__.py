"""Checks, each a function that looks at one thing and yields findings."""
