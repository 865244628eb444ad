"""The time that a run has left, shared by all stores."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Protocol

from features.telemetry import log

_RESERVED_MILLISECONDS = 30_000
"""Time that is left of a function's: what it does to one store takes less."""


class Context(Protocol):
    """A run as Lambda tells of it."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds that the run has left."""


def while_time(context: Context, stores: Sequence[str]) -> Iterator[str]:
    """Yield stores while there is time: in another order each run, so that none is always last."""
    for count, store in enumerate(random.sample(stores, len(stores))):
        if context.get_remaining_time_in_millis() < _RESERVED_MILLISECONDS:
            log("WARNING", "not all stores were looked at", done=count, stores=len(stores))
            return
        yield store
