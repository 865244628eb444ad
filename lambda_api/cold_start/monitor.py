"""The monitor of a cold endpoint's wake, shared by all requests of a process."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event, Lock
from typing import TypeVar

from lambda_api.cold_start.wake import Change, Wake, WakeTable
from lambda_api.errors import (
    EndpointMissingError,
    EngineError,
    InvalidRequestError,
    NoCapacityError,
    NotReadyError,
    StorageError,
)

Answer = TypeVar("Answer")
Shared = TypeVar("Shared")

_ENDS_WAKE = (EndpointMissingError, InvalidRequestError, EngineError)
"""Errors that end a wake: no answer will ever come, or the endpoint is up and refuses. A throttle
or a broken connection tells neither."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pace:
    """Intervals of polling and probing during a wake.

    Attributes:
        poll_seconds: Time between two reads of the table by one process.
        probe_seconds: Time between two probes of the endpoint by all processes together.
    """

    poll_seconds: float = 2.0
    probe_seconds: float = 5.0


class WakeMonitor:
    """Calls the endpoint for all requests of a process; while cold, for one probe at a time.

    Safe from any thread. If the table cannot be used, wakes are not shared: the process then
    probes by itself.

    Args:
        connect: Returns the table; called whenever the endpoint is found cold, so cached.
        expected_start_seconds: Expected length of a start, until one was measured.
        pace: The intervals of polling and probing.
        note_start: Called with the seconds of each start that this process saw to its end.
        clock: Returns Unix seconds.

    Attributes:
        pace: The intervals of polling and probing.
        clock: Returns Unix seconds.
        ended: An event that is set while this process knows of no wake.
    """

    def __init__(
        self,
        connect: Callable[[], WakeTable],
        expected_start_seconds: float,
        *,
        pace: Pace = Pace(),
        note_start: Callable[[float], None] = lambda _seconds: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.pace = pace
        self.clock = clock
        self.ended = Event()
        self.ended.set()
        self._connect = connect
        self._expected_start_seconds = expected_start_seconds
        self._note_start = note_start
        self._wake: Wake | None = None
        self._read_at = 0.0
        self._lock = Lock()

    @property
    def wake(self) -> Wake | None:
        """The wake under way; None while the endpoint is not known to be cold."""
        return self._wake

    @property
    def table(self) -> WakeTable:
        """The table that all processes share the wake in."""
        return self._connect()

    def call(self, operation: Callable[[], Answer]) -> Answer:
        """Call the endpoint; during a wake only if this request gets to probe.

        Args:
            operation: The call, which returns the endpoint's answer.

        Raises:
            NotReadyError: Nothing can answer yet; the error says when to come back.
            ServiceError: The operation raised another error.
        """
        wake = self._wake and self._wake_to_probe()
        return self._probe(wake, operation) if wake else self._call_warm(operation)

    def is_due(self) -> bool:
        """Return True if the next probe of the endpoint is due."""
        wake = self._wake
        return wake is not None and self.clock() - wake.probed_at >= self.pace.probe_seconds

    def refresh(self) -> None:
        """Read the wake from the table, unless this process did within `poll_seconds`."""
        if self.clock() - self._read_at < self.pace.poll_seconds:
            return
        if self._lock.acquire(blocking=False):  # else another thread refreshes
            try:
                self._read_at = self.clock()
                if found := self._shared(lambda table: table.read()):
                    self._note(found)
            finally:
                self._lock.release()

    def learn(self, found: Wake) -> None:
        """Take over a newer state of the wake, as the table returned it."""
        with self._lock:
            self._note(found)

    def not_ready(self, reason: str, what: str = "the model is not ready") -> NotReadyError:
        """Return the error for a request that stays unanswered during the wake.

        Args:
            reason: The cause, for the log.
            what: The first half of the message to the caller; the second is when to try again.
        """
        wake = self._wake
        seconds = wake.retry_after(self.clock(), self._expected_start_seconds) if wake else None
        when = f"in {seconds} s" if seconds else "shortly"
        return NotReadyError(
            f"{what}, try again {when}", reason=reason, retry_after_seconds=seconds
        )

    def _call_warm(self, operation: Callable[[], Answer]) -> Answer:
        try:
            return operation()
        except NotReadyError as error:
            self._begin(is_from_zero=isinstance(error, NoCapacityError))
            raise self.not_ready(error.reason or "") from error

    def _begin(self, *, is_from_zero: bool) -> None:
        with self._lock:
            if self._wake is None:  # else another thread was quicker
                now = self._read_at = self.clock()
                begun = self._shared(lambda table: table.begin(now, from_zero=is_from_zero))
                self._wake = begun.wake if begun else Wake(now, now, is_from_zero)
                self.ended.clear()

    def _wake_to_probe(self) -> Wake | None:
        """Return the wake that this request is to probe; None if the wake has ended.

        Raises:
            NotReadyError: The wake goes on, and another request probes.
        """
        self.refresh()
        if self.is_due():
            with self._lock:
                if (wake := self._wake) and self.is_due() and self._claims_probe(wake):
                    return wake
        if self._wake is None:
            return None
        raise self.not_ready("waking")

    def _claims_probe(self, wake: Wake) -> bool:
        now = self.clock()
        claimed = self._shared(lambda table: table.claim_probe(wake, now))
        claimed = claimed or Change(True, replace(wake, probed_at=now))
        self._note(claimed.wake)
        return claimed.was_made

    def _probe(self, wake: Wake, operation: Callable[[], Answer]) -> Answer:
        called_at = self.clock()
        try:
            answer = operation()
        except NotReadyError as error:
            raise self.not_ready(error.reason or "") from error
        except _ENDS_WAKE:
            self._end(wake, None)
            raise
        self._end(wake, wake.start_seconds(called_at))
        return answer

    def _end(self, wake: Wake, start_seconds: float | None) -> None:
        now = self.clock()
        with self._lock:
            ended = self._shared(lambda table: table.end(wake, now, start_seconds))
            if self._wake and self._wake.is_the_same_as(wake):
                self._forget()
        if start_seconds is not None and ended and ended.was_made:
            self._note_start(start_seconds)

    def _note(self, found: Wake) -> None:
        """Take over a state from the table; a state of another wake means that ours has ended."""
        if self._wake is None:
            return
        if found.is_the_same_as(self._wake) and found.is_running(self.clock()):
            self._wake = found
        else:
            self._forget()

    def _forget(self) -> None:
        self._wake = None
        self.ended.set()

    def _shared(self, act: Callable[[WakeTable], Shared]) -> Shared | None:
        """Return the result of an action on the table; None if the table cannot be used."""
        try:
            return act(self._connect())
        except StorageError as error:
            _log.warning("the endpoint's wake is not shared: %s", error.reason)
            return None
