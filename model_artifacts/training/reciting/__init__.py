"""Reciting: the stream that knows the glossary.

Decision record: docs/decisions/0201-the-demo-model-is-two-streams.md.
"""
