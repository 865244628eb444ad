"""What one process knows of its endpoint's wake, shared by all its requests."""

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
"""What a probe learns besides an answer: nothing will come, or something is there and says no. Of
a throttle or a broken connection it learns nothing."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pace:
    """How often the shared state is looked at.

    Args:
        poll_seconds: Between two reads of the table by one process.
        probe_seconds: Between two probes of the endpoint by all of them together.
    """

    poll_seconds: float = 2.0
    probe_seconds: float = 5.0


class WakeMonitor:
    """Asks the endpoint for the requests of a process, once it is cold only in turns.

    Any thread may use it. A table that cannot be used costs the sharing: the process then probes
    by itself.

    Args:
        connect: Gives the table; called when the endpoint is found cold, so it should remember.
        expected_start_seconds: How long a start takes, until one was measured.
        pace: How often to look.
        note_start: Called with the seconds of each start that this process saw to its end.
        clock: Gives Unix seconds.
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
        """Set while no wake is known here."""
        self.ended.set()
        self._connect = connect
        self._expected_start_seconds = expected_start_seconds
        self._note_start = note_start
        self._wake: Wake | None = None
        self._looked_at = 0.0
        self._lock = Lock()

    @property
    def wake(self) -> Wake | None:
        """The wake under way; None while the endpoint is not known to be cold."""
        return self._wake

    @property
    def table(self) -> WakeTable:
        """Where the wake is shared."""
        return self._connect()

    def call(self, operation: Callable[[], Answer]) -> Answer:
        """Ask the endpoint; while it is cold only if it is this request's turn to probe.

        Raises:
            NotReadyError: Nothing can answer yet. It says when to come back.
            ServiceError: What asking raised.
        """
        wake = self._wake and self._wake_to_probe()
        return self._probe(wake, operation) if wake else self._first(operation)

    def is_due(self) -> bool:
        """Whether the endpoint should be probed now."""
        wake = self._wake
        return wake is not None and self.clock() - wake.probed_at >= self.pace.probe_seconds

    def refresh(self) -> None:
        """Learn how far the wake is, unless this process did within `poll_seconds`."""
        if self.clock() - self._looked_at < self.pace.poll_seconds:
            return
        if self._lock.acquire(blocking=False):  # else another thread looks
            try:
                self._looked_at = self.clock()
                if found := self._shared(lambda table: table.read()):
                    self._note(found)
            finally:
                self._lock.release()

    def learn(self, found: Wake) -> None:
        """Take over what the table says of the wake."""
        with self._lock:
            self._note(found)

    def not_ready(self, reason: str, what: str = "the model is not ready") -> NotReadyError:
        """The error for a request that is not answered while the wake lasts.

        Args:
            reason: What the log says of it.
            what: What its caller is told, before when to try again.
        """
        wake = self._wake
        seconds = wake.retry_after(self.clock(), self._expected_start_seconds) if wake else None
        when = f"in {seconds} s" if seconds else "shortly"
        return NotReadyError(
            f"{what}, try again {when}", reason=reason, retry_after_seconds=seconds
        )

    def _first(self, operation: Callable[[], Answer]) -> Answer:
        try:
            return operation()
        except NotReadyError as error:
            self._begin(is_from_zero=isinstance(error, NoCapacityError))
            raise self.not_ready(error.reason or "") from error

    def _begin(self, *, is_from_zero: bool) -> None:
        with self._lock:
            if self._wake is None:  # else another thread was quicker
                now = self._looked_at = self.clock()
                begun = self._shared(lambda table: table.begin(now, from_zero=is_from_zero))
                self._wake = begun.wake if begun else Wake(now, now, is_from_zero)
                self.ended.clear()

    def _wake_to_probe(self) -> Wake | None:
        """The wake that this request is to probe; None if it is over.

        Raises:
            NotReadyError: It lasts, and it is not this request's turn.
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
        asked_at = self.clock()
        try:
            answer = operation()
        except NotReadyError as error:
            raise self.not_ready(error.reason or "") from error
        except _ENDS_WAKE:
            self._end(wake, None)
            raise
        self._end(wake, wake.start_seconds(asked_at))
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
        """Take over what the table says; another wake than ours means that ours is over."""
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
        """Do something with the table; nothing comes of it if it cannot be used."""
        try:
            return act(self._connect())
        except StorageError as error:
            _log.warning("the endpoint's wake is not shared: %s", error.reason)
            return None
