"""The refusal of a model file."""

from __future__ import annotations


class InspectionError(ValueError):
    """A model file cannot be read; the message names file, value got and what is allowed."""
