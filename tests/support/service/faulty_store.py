"""A bucket that writes down its calls, and refuses one of them as S3 does when it is away."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from lambda_api.errors import StorageError
from tests.support.service.memory_store import MemoryStore


@dataclass
class FaultyStore:
    """Passes every call on to a store in memory.

    `calls` has the names of the calls so far; the call number `failing`, counted from 0, fails.
    """

    store: MemoryStore
    calls: list[str] = field(default_factory=list)
    failing: int | None = None

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.store, name)
        return partial(self._call, name, found) if callable(found) else found

    def _call(self, name: str, call: Any, *given: Any, **named: Any) -> Any:
        self.calls.append(name)
        if len(self.calls) - 1 == self.failing:
            raise StorageError("S3 is away", reason="S3 SlowDown")
        return call(*given, **named)

    def fail(self, ahead: int) -> None:
        """Have the call that comes after `ahead` more fail."""
        self.failing = len(self.calls) + ahead
