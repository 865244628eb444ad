"""The refusal of a model that could run code."""

from __future__ import annotations


class ScreeningError(ValueError):
    """A file could run code; the message names the file, and what may take its place."""
