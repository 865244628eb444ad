"""The refusal of a plan."""

from __future__ import annotations


class PlanError(Exception):
    """The plan cannot be made; the message says what was wrong and what is allowed."""
