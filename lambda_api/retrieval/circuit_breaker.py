"""A circuit breaker: what has failed a few times is not tried for a while."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock

FAILURES = 3
WINDOW_SECONDS = 10.0
PAUSE_SECONDS = 10.0
_MOST_OWNERS = 1000


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


class CircuitBreakers:
    """A breaker for each owner: whose own stores or filters fail searches stops no other's.

    Owners that were not seen for longest give way to new ones.

    Args:
        clock: Seconds that only rise.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._breakers: OrderedDict[str, CircuitBreaker] = OrderedDict()
        self._lock = Lock()

    def of(self, owner: str) -> CircuitBreaker:
        """Return the breaker of an owner."""
        with self._lock:
            breaker = self._breakers.pop(owner, None) or CircuitBreaker(self._clock)
            self._breakers[owner] = breaker
            if len(self._breakers) > _MOST_OWNERS:
                self._breakers.popitem(last=False)
            return breaker
