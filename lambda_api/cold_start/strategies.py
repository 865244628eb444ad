"""Strategies for requests that meet a cold endpoint: reject, hold, or enqueue."""

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
"""Longest hold of a request that is not streamed. Not a byte can be sent meanwhile, and a regional
API ends what was idle for 300 s:
docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html. This
leaves a minute for the answer itself."""


@dataclass(frozen=True)
class PendingRequest(ABC):
    """A request that waits for an answer, with the ways to answer.

    Attributes:
        request: The HTTP request.
        is_streamed: True if the client asked for a stream.
    """

    request: Request
    is_streamed: bool

    @property
    def record(self) -> RequestRecord:
        """The request's entry in the log."""
        return record_of(self.request)

    @abstractmethod
    def answer(self, upstream: Upstream | None = None) -> Response:
        """Return the answer.

        Args:
            upstream: The upstream to use in place of the service's own.

        Raises:
            ServiceError: The request was refused, or the upstream failed.
        """

    @abstractmethod
    def enqueue(self) -> Response | None:
        """Queue the request at the asynchronous endpoint; None if that cannot answer it.

        Raises:
            ServiceError: The request was refused, or the endpoint or the storage failed.
        """


class ColdStartStrategy(Protocol):
    """The strategy of a stage for requests that meet a cold endpoint."""

    def answer(self, pending: PendingRequest) -> Response:
        """Return the answer to a request, or the strategy's answer of a cold endpoint.

        Raises:
            ServiceError: The request was refused, or the upstream failed.
        """


class RejectStrategy:
    """Rejects requests with the time to come back."""

    def answer(self, pending: PendingRequest) -> Response:
        """Return the answer; the error of a cold endpoint says when to come back."""
        return pending.answer()


@dataclass(frozen=True)
class HoldStrategy:
    """Holds requests until the endpoint has capacity.

    Attributes:
        room: The room of held requests.
        connect: Returns the upstream for held requests.
        seconds: Longest hold of a streamed request.
    """

    room: WaitingRoom
    connect: Callable[[], Upstream]
    seconds: float

    def answer(self, pending: PendingRequest) -> Response:
        """Return the answer; if the endpoint is cold, one that waits for capacity."""
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
    """Queues requests that meet a cold endpoint at the asynchronous one."""

    def answer(self, pending: PendingRequest) -> Response:
        """Return the answer, or a receipt for a queued request."""
        try:
            return pending.answer()
        except NotReadyError:
            if queued := pending.enqueue():
                return queued
            raise


class MonitoredUpstream:
    """An upstream that is called through the wake monitor, so only probed while cold."""

    def __init__(self, upstream: Upstream, monitor: WakeMonitor) -> None:
        self._upstream = upstream
        self._monitor = monitor

    def complete(self, payload: bytes, prefix: str | None = None) -> bytes:
        """Return the whole answer.

        Raises:
            ServiceError: The endpoint is cold, or the call failed.
        """
        return self._monitor.call(partial(self._upstream.complete, payload, prefix))

    def open_stream(self, payload: bytes, prefix: str | None = None) -> UpstreamStream:
        """Start an answer; return when the endpoint has accepted the request.

        Raises:
            ServiceError: The endpoint is cold, or the call failed.
        """
        return self._monitor.call(partial(self._upstream.open_stream, payload, prefix))
