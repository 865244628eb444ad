"""An endpoint that is cold until it is told to be up, and a clock that stands still."""

from __future__ import annotations

from dataclasses import dataclass, field

from lambda_api.errors import NoCapacityError, ServiceError, StorageError
from tests.support.service.memory_wakes import MemoryWakeTable


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class ColdEndpoint:
    error: ServiceError | None = field(default_factory=lambda: NoCapacityError("no"))
    asked: int = 0

    def ask(self) -> str:
        self.asked += 1
        if self.error:
            raise self.error
        return "answer"


@dataclass
class BrokenTable(MemoryWakeTable):
    """A table that cannot be used."""

    def read(self):
        raise StorageError("no", reason="DynamoDB down")

    def _change(self, name, holds, change):
        raise StorageError("no", reason="DynamoDB down")
