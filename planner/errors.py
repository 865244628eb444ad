"""What a plan answers when it cannot be made."""

from __future__ import annotations


class PlanError(Exception):
    """The plan cannot be made; the message says what was wrong and what is allowed."""
