"""Values refreshed every few seconds, beside the readers and never before them."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock, Thread
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class Refreshed(Generic[_Value]):
    """A value with its refreshes; if one fails, the last value stays.

    Attributes:
        failed: Called with the error of a refresh, in the thread of the refresh.
    """

    def __init__(
        self,
        load: Callable[[_Value | None], _Value],
        failed: Callable[[Exception], None],
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.failed = failed
        self._load = load
        self._seconds = seconds
        self._clock = clock
        self._value: _Value | None = None
        self._due = float("-inf")
        self._lock = Lock()
        self._thread: Thread | None = None

    @property
    def last(self) -> _Value | None:
        """The value as it is; None before the first."""
        return self._value

    def get(self) -> _Value:
        """Return the value at once; the first one is waited for.

        Raises:
            Exception: The first value cannot be loaded, with the loader's error.
        """
        if self._value is None:
            return self._first()
        if self._clock() >= self._due and self._lock.acquire(blocking=False):
            self._thread = Thread(target=self._beside, daemon=True)
            self._thread.start()
        return self._value

    def wait(self) -> None:
        """Load the value now, or wait for the refresh that is under way."""
        with self._lock:
            if self._clock() >= self._due:
                self._try()

    def _first(self) -> _Value:
        with self._lock:
            if self._value is None:
                self._value = self._load(None)
                self._due = self._clock() + self._seconds
            return self._value

    def _beside(self) -> None:
        try:
            self._try()
        finally:
            self._lock.release()

    def _try(self) -> None:
        try:
            self._value = self._load(self._value)
        except Exception as error:
            self.failed(error)
        self._due = self._clock() + self._seconds
