"""The requests of one process that are held until their endpoint can answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from random import choice
from secrets import token_hex
from threading import Event, Lock, Thread
from typing import TypeVar

from lambda_api.cold_start.monitor import Watch
from lambda_api.cold_start.wake import Change, Wake
from lambda_api.errors import NotReadyError, StorageError

Answer = TypeVar("Answer")

_CALL_GAP_SECONDS = 0.002
"""Between two that are called when capacity has come: if it goes again, most have not asked yet."""

_GRACE_SECONDS = 10.0
"""How much longer than its request a place counts that is never given back."""

_log = logging.getLogger(__name__)


class Visit:
    """One request that is held.

    Args:
        room: Where it waits.
        seconds: How long at most.
    """

    def __init__(self, room: WaitingRoom, seconds: float) -> None:
        self.place = token_hex(4)
        """Names its place in the item."""
        self.wake: Wake | None = None
        """The wake it has a place in."""
        self.has_left = False
        """Whether its client left before it was answered."""
        self._room = room
        self._seconds = seconds
        self._entered_at = self._held_until = time.monotonic()
        self._called = Event()
        self._has_ended = False

    @property
    def held_seconds(self) -> float:
        """How long it was held, until it last stopped waiting."""
        return self._held_until - self._entered_at

    @property
    def seconds_left(self) -> float:
        """How long it may still be held."""
        return max(0.0, self._entered_at + self._seconds - time.monotonic())

    def ask(self, ask: Callable[[], Answer]) -> Answer:
        """Wait for capacity, then ask. Blocks; to be called once.

        Raises:
            NotReadyError: None came in time, or the client left.
            ServiceError: What asking raised.
        """
        try:
            while True:
                self._wait()
                try:
                    return self._room.watch.attempt(ask)
                except NotReadyError:
                    self._room.stay(self)
        finally:
            self._has_ended = True
            self._room.dismiss(self)

    def call(self) -> None:
        """Let it try."""
        self._called.set()

    def leave(self) -> None:
        """Its client is gone: end the waiting, if it still waits. Safe from any thread."""
        if not self._has_ended:
            self.has_left = True
            self.call()

    def _wait(self) -> None:
        was_called = self._called.wait(self.seconds_left)
        self._called.clear()
        self._held_until = time.monotonic()
        if self.has_left:
            raise self._room.watch.not_ready("the client left")
        if not was_called:
            what = f"the model did not start within {self._seconds:.0f} s"
            raise self._room.watch.not_ready("held too long", what)


class WaitingRoom:
    """Where requests wait; one thread looks out for all of them while there are any.

    Args:
        watch: What is known of the wake.
        most: How many requests are held, by all processes together.
    """

    def __init__(self, watch: Watch, most: int) -> None:
        self.watch = watch
        self._most = most
        self._waiting: dict[Visit, None] = {}
        self._is_watched = False
        self._lock = Lock()

    def enter(self, seconds: float) -> Visit:
        """Hold a request for some seconds at most.

        Raises:
            NotReadyError: Too many are held.
        """
        visit = Visit(self, seconds)
        self.stay(visit)
        return visit

    def stay(self, visit: Visit) -> None:
        """Let a request wait, or wait on; each wake has places of its own.

        Raises:
            NotReadyError: Too many are held.
        """
        wake = self.watch.wake
        if wake and not (visit.wake and visit.wake.is_the_same_as(wake)):
            self._give_place(visit, wake)
        with self._lock:
            self._waiting[visit] = None
            if not self._is_watched:
                self._is_watched = True
                Thread(target=self._look_out, name="wake-watch", daemon=True).start()

    def dismiss(self, visit: Visit) -> None:
        """Let a request go, and its place with it."""
        with self._lock:
            self._waiting.pop(visit, None)
        wake = self.watch.wake
        # With its wake a place has ended.
        if wake and visit.wake and visit.wake.is_the_same_as(wake):
            visit.wake = None
            try:
                self.watch.table.give_back(visit.place)
            except StorageError as error:
                _log.warning("a place was not given back: %s", error.reason)

    def _give_place(self, visit: Visit, wake: Wake) -> None:
        try:
            taken = self._take_place(visit, wake)
        except StorageError as error:
            raise self.watch.not_ready(error.reason or "") from error
        if taken.was_made:
            visit.wake = wake
        elif taken.wake.is_the_same_as(wake):
            what = f"the model is starting and {self._most} requests wait for it"
            raise self.watch.not_ready("too many are held", what)
        else:
            self.watch.learn(taken.wake)

    def _take_place(self, visit: Visit, wake: Wake) -> Change:
        """Try to take a place: a free one, or one that has lapsed."""
        table, now = self.watch.table, self.watch.clock()
        until = now + visit.seconds_left + _GRACE_SECONDS
        taken = table.take(wake, visit.place, until, self._most)
        while not taken.was_made and taken.wake.is_the_same_as(wake):
            lapsed = taken.wake.lapsed(now)
            if not lapsed:
                break
            # Any of them: others may want one in the same moment.
            taken = table.take_over(taken.wake, choice(lapsed), visit.place, until)  # noqa: S311
        return taken

    def _look_out(self) -> None:
        while self._waiting and self.watch.wake:
            self.watch.look()
            if self.watch.is_due():
                self._call_next()
            self.watch.over.wait(self.watch.pace.poll_seconds)
        for visit in self._released():
            visit.call()
            time.sleep(_CALL_GAP_SECONDS)

    def _call_next(self) -> None:
        """Let the one probe that has waited longest since it last did."""
        with self._lock:
            if visit := next(iter(self._waiting), None):
                del self._waiting[visit]
                visit.call()

    def _released(self) -> list[Visit]:
        with self._lock:
            self._is_watched = False
            released = list(self._waiting)
            self._waiting.clear()
        return released
