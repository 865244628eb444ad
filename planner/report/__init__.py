"""Outcomes for people."""
