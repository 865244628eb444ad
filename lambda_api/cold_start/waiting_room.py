"""The requests of one process that are held until their endpoint can answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from random import choice
from secrets import token_hex
from threading import Event, Lock, Thread
from typing import TypeVar

from lambda_api.cold_start.monitor import WakeMonitor
from lambda_api.cold_start.wake import Change, Wake
from lambda_api.errors import NotReadyError, StorageError

Answer = TypeVar("Answer")

_NOTIFY_GAP_SECONDS = 0.002
"""Between two that are called when capacity has come: if it goes again, most have not asked yet."""

_GRACE_SECONDS = 10.0
"""How much longer than its request a place counts that is never given back."""

_log = logging.getLogger(__name__)


class HeldRequest:
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
        self._notified = Event()
        self._has_ended = False

    @property
    def held_seconds(self) -> float:
        """How long it was held, until it last stopped waiting."""
        return self._held_until - self._entered_at

    @property
    def seconds_left(self) -> float:
        """How long it may still be held."""
        return max(0.0, self._entered_at + self._seconds - time.monotonic())

    def wait_and_call(self, operation: Callable[[], Answer]) -> Answer:
        """Wait for capacity, then ask. Blocks; to be called once.

        Raises:
            NotReadyError: None came in time, or the client left.
            ServiceError: What asking raised.
        """
        try:
            while True:
                self._wait()
                try:
                    return self._room.monitor.call(operation)
                except NotReadyError:
                    self._room.requeue(self)
        finally:
            self._has_ended = True
            self._room.release(self)

    def notify(self) -> None:
        """Let it try."""
        self._notified.set()

    def leave(self) -> None:
        """Its client is gone: end the waiting, if it still waits. Safe from any thread."""
        if not self._has_ended:
            self.has_left = True
            self.notify()

    def _wait(self) -> None:
        was_notified = self._notified.wait(self.seconds_left)
        self._notified.clear()
        self._held_until = time.monotonic()
        if self.has_left:
            raise self._room.monitor.not_ready("the client left")
        if not was_notified:
            what = f"the model did not start within {self._seconds:.0f} s"
            raise self._room.monitor.not_ready("held too long", what)


class WaitingRoom:
    """Where requests wait; one thread looks out for all of them while there are any.

    Args:
        monitor: What is known of the wake.
        most: How many requests are held, by all processes together.
    """

    def __init__(self, monitor: WakeMonitor, most: int) -> None:
        self.monitor = monitor
        self._most = most
        self._waiting: dict[HeldRequest, None] = {}
        self._is_watched = False
        self._lock = Lock()

    def admit(self, seconds: float) -> HeldRequest:
        """Hold a request for some seconds at most.

        Raises:
            NotReadyError: Too many are held.
        """
        held = HeldRequest(self, seconds)
        self.requeue(held)
        return held

    def requeue(self, held: HeldRequest) -> None:
        """Let a request wait, or wait on; each wake has places of its own.

        Raises:
            NotReadyError: Too many are held.
        """
        wake = self.monitor.wake
        if wake and not (held.wake and held.wake.is_the_same_as(wake)):
            self._give_place(held, wake)
        with self._lock:
            self._waiting[held] = None
            if not self._is_watched:
                self._is_watched = True
                Thread(target=self._watch, name="wake-monitor", daemon=True).start()

    def release(self, held: HeldRequest) -> None:
        """Let a request go, and its place with it."""
        with self._lock:
            self._waiting.pop(held, None)
        wake = self.monitor.wake
        # With its wake a place has ended.
        if wake and held.wake and held.wake.is_the_same_as(wake):
            held.wake = None
            try:
                self.monitor.table.give_back(held.place)
            except StorageError as error:
                _log.warning("a place was not given back: %s", error.reason)

    def _give_place(self, held: HeldRequest, wake: Wake) -> None:
        try:
            taken = self._take_place(held, wake)
        except StorageError as error:
            raise self.monitor.not_ready(error.reason or "") from error
        if taken.was_made:
            held.wake = wake
        elif taken.wake.is_the_same_as(wake):
            what = f"the model is starting and {self._most} requests wait for it"
            raise self.monitor.not_ready("too many are held", what)
        else:
            self.monitor.learn(taken.wake)

    def _take_place(self, held: HeldRequest, wake: Wake) -> Change:
        """Try to take a place: a free one, or one that has lapsed."""
        table, now = self.monitor.table, self.monitor.clock()
        until = now + held.seconds_left + _GRACE_SECONDS
        taken = table.take(wake, held.place, until, self._most)
        while not taken.was_made and taken.wake.is_the_same_as(wake):
            lapsed = taken.wake.lapsed(now)
            if not lapsed:
                break
            # Any of them: others may want one in the same moment.
            taken = table.take_over(taken.wake, choice(lapsed), held.place, until)  # noqa: S311
        return taken

    def _watch(self) -> None:
        while self._waiting and self.monitor.wake:
            self.monitor.refresh()
            if self.monitor.is_due():
                self._notify_next()
            self.monitor.ended.wait(self.monitor.pace.poll_seconds)
        for held in self._drain():
            held.notify()
            time.sleep(_NOTIFY_GAP_SECONDS)

    def _notify_next(self) -> None:
        """Let the one probe that has waited longest since it last did."""
        with self._lock:
            if held := next(iter(self._waiting), None):
                del self._waiting[held]
                held.notify()

    def _drain(self) -> list[HeldRequest]:
        with self._lock:
            self._is_watched = False
            drained = list(self._waiting)
            self._waiting.clear()
        return drained
