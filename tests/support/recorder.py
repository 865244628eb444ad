"""A standard output that keeps all that is written, for tests to read while others write."""

from __future__ import annotations

import json
from typing import Any


class Recorder:
    """A file that keeps each write. Reading takes nothing away, while capfd loses what is written
    between its read and its truncation.

    Attributes:
        writes: The texts, as they were written.
    """

    def __init__(self) -> None:
        self.writes: list[str] = []

    def write(self, text: str) -> int:
        self.writes.append(text)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log lines so far."""
        return [json.loads(line) for line in "".join(self.writes).splitlines()]
