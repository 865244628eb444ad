"""What a plan answers when it cannot be made."""

from __future__ import annotations


class PlanError(Exception):
    """The question cannot be answered; the message says what was wrong and what is allowed."""
