"""Retrieval: documents on their way into the index, and the search over it.

docs/decisions/0113-features-are-a-house-of-their-own.md
"""
