"""The refusal of a checkpoint."""

from __future__ import annotations


class UnsupportedCheckpointError(ValueError):
    """The checkpoint is not one that can be converted; the message says what would be."""
