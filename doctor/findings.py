"""Findings: the lines of an examination."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["ok", "warning", "failure", "denied"]
"""The kind of a finding. A failure is of that which fails the deployment, a warning of that which
fails later or may fail; nothing is known of what may not be looked at ("denied")."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        outcome: kind of the finding.
        message: state of the thing.
        remedy: next step of the reader; empty where there is nothing to do.
        check: name of the check.
    """

    outcome: Outcome
    message: str
    remedy: str = ""
    check: str = ""


def ok(message: str) -> Finding:
    """Return a finding of something that is as it should be."""
    return Finding("ok", message)


def warning(message: str, remedy: str) -> Finding:
    """Return a finding of something that does not fail the deployment, but later may fail."""
    return Finding("warning", message, remedy)


def failure(message: str, remedy: str) -> Finding:
    """Return a finding of something that fails the deployment."""
    return Finding("failure", message, remedy)


def denied(message: str, remedy: str = "") -> Finding:
    """Return a finding of something that nobody could look at."""
    return Finding("denied", message, remedy)
