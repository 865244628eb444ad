"""A circuit breaker: what has failed a few times is not tried for a while."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Lock

FAILURES = 3
WINDOW_SECONDS = 10.0
PAUSE_SECONDS = 10.0


class CircuitBreaker:
    """A count of failures: three within ten seconds open it for ten seconds.

    Args:
        clock: Seconds that only rise.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: deque[float] = deque(maxlen=FAILURES)
        self._closed_from = float("-inf")
        self._lock = Lock()

    @property
    def is_open(self) -> bool:
        """True while nothing is to be tried."""
        return self._clock() < self._closed_from

    def note(self, *, failed: bool) -> None:
        """Count a try."""
        with self._lock:
            if not failed:
                self._failed.clear()
                return
            now = self._clock()
            self._failed.append(now)
            if len(self._failed) == FAILURES and now - self._failed[0] <= WINDOW_SECONDS:
                self._closed_from = now + PAUSE_SECONDS
                self._failed.clear()
