"""OpenAI's vector stores on a bucket: what callers make is documents, from which the index follows.

Decisions: docs/decisions/0190 and 0194.
"""
