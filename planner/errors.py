"""The refusal of a plan, and the reason of a file that cannot be had."""

from __future__ import annotations


class PlanError(Exception):
    """The plan cannot be made; the message says what was wrong and what is allowed."""


def reason(error: OSError | ValueError) -> str:
    """Return why a file could not be read or written, without the number and the path."""
    return getattr(error, "strerror", None) or str(error)
