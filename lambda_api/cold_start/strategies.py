"""What a caller meets while the endpoint is cold: a refusal, a wait, or a place in the queue."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from lambda_api.chat.service import Upstream
from lambda_api.chat.stream import UpstreamStream
from lambda_api.cold_start.held_answer import HeldResponse, HeldUpstream
from lambda_api.cold_start.monitor import WakeMonitor
from lambda_api.cold_start.waiting_room import HeldRequest, WaitingRoom
from lambda_api.errors import NotReadyError, ServiceError
from lambda_api.http.request_log import RequestRecord, record_of

MOST_SILENT_SECONDS = 240.0
"""How long a request that is not streamed is held at most. Not a byte can be sent meanwhile, and a
regional API ends what was idle for 300 s:
docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html. The answer itself
may take the 60 s that SageMaker allows."""


@dataclass(frozen=True)
class PendingRequest(ABC):
    """A request, and the ways to answer it.

    Args:
        request: As it came.
        is_streamed: Whether its answer is to be.
    """

    request: Request
    is_streamed: bool

    @property
    def record(self) -> RequestRecord:
        """What is logged of it."""
        return record_of(self.request)

    @abstractmethod
    def answer(self, upstream: Upstream | None = None) -> Response:
        """Answer it, from another upstream than usual if one is given.

        Raises:
            ServiceError: It was refused, or the upstream failed.
        """

    @abstractmethod
    def enqueue(self) -> Response | None:
        """Leave it to the asynchronous endpoint; None if that cannot answer it.

        Raises:
            ServiceError: It was refused, or the endpoint or the storage failed.
        """


class ColdStartStrategy(Protocol):
    """Answers requests, also while nothing can."""

    def answer(self, pending: PendingRequest) -> Response:
        """Answer a request.

        Raises:
            ServiceError: It was refused, or the upstream failed.
        """


class RejectStrategy:
    """Lets callers come back later."""

    def answer(self, pending: PendingRequest) -> Response:
        """Answer a request, or say when to come back."""
        return pending.answer()


@dataclass(frozen=True)
class HoldStrategy:
    """Lets requests wait.

    Args:
        room: Where they do.
        connect: Gives what answers them.
        seconds: How long a streamed request is held at most.
    """

    room: WaitingRoom
    connect: Callable[[], Upstream]
    seconds: float

    def answer(self, pending: PendingRequest) -> Response:
        """Answer a request; while the endpoint is cold, begin an answer that will wait for it."""
        try:
            return pending.answer()
        except NotReadyError:
            return self._hold(pending)

    def _hold(self, pending: PendingRequest) -> Response:
        longest = self.seconds if pending.is_streamed else min(self.seconds, MOST_SILENT_SECONDS)
        held = pending.record.hold = self.room.admit(longest)
        answer = partial(self._answer, pending, held)
        return answer() if pending.is_streamed else HeldResponse(held, answer)

    def _answer(self, pending: PendingRequest, held: HeldRequest) -> Response:
        try:
            return pending.answer(HeldUpstream(self.connect(), held))
        except ServiceError:  # perhaps before it waited at all
            self.room.release(held)
            raise


@dataclass(frozen=True)
class EnqueueStrategy:
    """Lets the asynchronous endpoint answer what comes while the other one is cold."""

    def answer(self, pending: PendingRequest) -> Response:
        """Answer a request now, or queue it."""
        try:
            return pending.answer()
        except NotReadyError:
            if queued := pending.enqueue():
                return queued
            raise


class MonitoredUpstream:
    """An upstream that is left alone while it is known to be cold."""

    def __init__(self, upstream: Upstream, monitor: WakeMonitor) -> None:
        self._upstream = upstream
        self._monitor = monitor

    def complete(self, payload: bytes, prefix: str | None = None) -> bytes:
        """Give the whole answer.

        Raises:
            ServiceError: It is cold, or the call failed.
        """
        return self._monitor.call(partial(self._upstream.complete, payload, prefix))

    def open_stream(self, payload: bytes, prefix: str | None = None) -> UpstreamStream:
        """Start an answer; return when the endpoint has accepted the request.

        Raises:
            ServiceError: It is cold, or the call failed.
        """
        return self._monitor.call(partial(self._upstream.open_stream, payload, prefix))
