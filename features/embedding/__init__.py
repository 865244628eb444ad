"""Texts as vectors: the port, and all-MiniLM-L6-v2 in numpy."""
