"""The waiting room of a process: held requests, and the thread that watches the wake."""

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
"""Pause between two requests that are let go: if capacity goes again, most have not called yet."""

_GRACE_SECONDS = 10.0
"""Time for which a place outlives the hold of its request, if never given back."""

_log = logging.getLogger(__name__)


class HeldRequest:
    """A request that is held.

    Args:
        room: The room the request waits in.
        seconds: Longest hold.

    Attributes:
        place: The name of the request's place in the wake table.
        wake: The wake that the place belongs to; None without a place.
        has_left: True if the client left before the answer.
    """

    def __init__(self, room: WaitingRoom, seconds: float) -> None:
        self.place = token_hex(4)
        self.wake: Wake | None = None
        self.has_left = False
        self._room = room
        self._seconds = seconds
        self._entered_at = self._held_until = time.monotonic()
        self._notified = Event()
        self._has_ended = False

    @property
    def held_seconds(self) -> float:
        """Seconds from the admission to the end of the last wait."""
        return self._held_until - self._entered_at

    @property
    def seconds_left(self) -> float:
        """Seconds that are left of the longest hold."""
        return max(0.0, self._entered_at + self._seconds - time.monotonic())

    def wait_and_call(self, operation: Callable[[], Answer]) -> Answer:
        """Wait for capacity, then call the endpoint. Blocks; to be called once.

        Args:
            operation: The call, which returns the endpoint's answer.

        Raises:
            NotReadyError: No capacity came in time, or the client left.
            ServiceError: The operation raised another error.
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
        """End the present wait, so that the request calls the endpoint."""
        self._notified.set()

    def leave(self) -> None:
        """End the hold because the client is gone; safe from any thread."""
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
    """The held requests of a process; while there are any, one thread watches the wake.

    Args:
        monitor: The monitor of the endpoint's wake.
        most: Most requests held at once, by all processes together.

    Attributes:
        monitor: The monitor of the endpoint's wake.
    """

    def __init__(self, monitor: WakeMonitor, most: int) -> None:
        self.monitor = monitor
        self._most = most
        self._waiting: dict[HeldRequest, None] = {}
        self._is_watched = False
        self._lock = Lock()

    def admit(self, seconds: float) -> HeldRequest:
        """Return a new request that is held for some seconds at most.

        Raises:
            NotReadyError: Too many requests are held.
        """
        held = HeldRequest(self, seconds)
        self.requeue(held)
        return held

    def requeue(self, held: HeldRequest) -> None:
        """Queue a request, at first or again; each wake has places of its own.

        Raises:
            NotReadyError: Too many requests are held.
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
        """Remove a request, and give back the place of the wake it holds."""
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
        """Take a free place of the wake, or else a lapsed one."""
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
        """Let the request probe that has waited longest since its last call."""
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
