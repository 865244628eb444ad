"""Time as the services' rules see it: real, or faster, so that an hour can be lived in a minute."""

from __future__ import annotations

import time


class Clock:
    """Seconds since 1970 that pass `factor` times as fast, counted from the clock's making."""

    def __init__(self, factor: float = 1.0) -> None:
        self._factor = factor
        self._origin = time.time()

    def now(self) -> float:
        """The present, by this clock."""
        return self._origin + (time.time() - self._origin) * self._factor

    def real(self, at: float) -> float:
        """When this clock shows `at`, in real seconds since 1970."""
        return self._origin + (at - self._origin) / self._factor

    def real_seconds(self, seconds: float) -> float:
        """How long a span by this clock takes in reality."""
        return seconds / self._factor
