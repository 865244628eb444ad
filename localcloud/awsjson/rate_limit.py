"""A limit on the requests of one service in a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class RateLimit:
    """A bucket that holds the permits of one second, and is filled as time passes.

    Safe from any thread.
    """

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with a full bucket; a rate of 0 limits nothing."""
        self._rate = per_second
        self._clock = clock
        self._permits = max(1.0, per_second)
        self._seen = clock()
        self._lock = threading.Lock()

    def take(self, permits: int = 1) -> bool:
        """Take permits; tell whether there were so many. Without, none is taken."""
        if not self._rate:
            return True
        with self._lock:
            now = self._clock()
            filled = self._permits + (now - self._seen) * self._rate
            self._permits = min(max(1.0, self._rate), filled)
            self._seen = now
            if self._permits < permits:
                return False
            self._permits -= permits
            return True
