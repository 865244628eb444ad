"""Chunks in an index of vectors elsewhere, for stores too large for a function's memory.

docs/decisions/0197-a-version-of-a-document-has-keys-of-its-own.md
"""
