"""Retrieval: what is searched before an answer, what of it the model reads, and what it cites.

The search itself is a function of its own (`features/`), which is asked through a port.
Decisions: docs/decisions/0190 to 0192.
"""
