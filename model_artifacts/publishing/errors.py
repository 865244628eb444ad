"""The refusal to push or to pull a model."""

from __future__ import annotations


class PublishingError(ValueError):
    """A model cannot be pushed or pulled; the message says which file or object, and why."""
