"""Time as the services' rules see it: real, or faster, so that an hour can be lived in a minute."""

from __future__ import annotations

import time


class Clock:
    """Seconds since 1970 that pass `factor` times as fast, counted from the clock's making."""

    def __init__(self, factor: float = 1.0) -> None:
        self._factor = factor
        self._origin = time.time()

    def now(self) -> float:
        """Return the present, by this clock."""
        return self._origin + (time.time() - self._origin) * self._factor

    def real(self, at: float) -> float:
        """Convert a time of this clock to real seconds since 1970."""
        return self._origin + (at - self._origin) / self._factor

    def real_seconds(self, seconds: float) -> float:
        """Convert a span by this clock to real seconds."""
        return seconds / self._factor
