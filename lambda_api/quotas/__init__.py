"""Limits of a caller's share, so that something is left for the others.

Decision: docs/decisions/0081-what-a-caller-holds-is-leased.md.
"""
