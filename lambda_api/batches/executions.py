"""The port to the runner of batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Executions(Protocol):
    """The port to the runner of batches. Methods block, and raise a SchedulerError on failure."""

    def start(self, name: str, data: Mapping[str, str]) -> None:
        """Start an execution, unless an execution of this name was started before."""

    def stop(self, name: str) -> None:
        """Stop an execution, if still running."""

    def is_running(self, name: str) -> bool:
        """Return True if there is an execution of this name that has not ended."""


def cancel_of(batch_id: str) -> str:
    """Return the name of the execution that brings a cancelled batch to its end."""
    return f"{batch_id}-cancel"
