"""The log of requests: one line each, which CloudWatch also reads as metrics.

The line holds no prompt, answer or key, and is out before the answer ends: docs/decisions/0134.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Protocol
from uuid import uuid4

from aws_lambda_powertools.logging import Logger
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lambda_api.engine.json_fields import Usage
from lambda_api.error_status import body_of
from lambda_api.errors import ServiceError, UnreadableObjectError
from lambda_api.http.metric_log import UNREADABLE, MetricLog, metric
from lambda_api.http.request_context import request_context
from lambda_api.settings import Settings

_ID = re.compile(r"[\w-]{1,128}", re.ASCII)


class StreamedAnswer(Protocol):
    """A streamed answer, as the log tells of it.

    Attributes:
        was_abandoned: True if the client left before the end.
        first_event_at: `time.perf_counter()` at the first event.
        usage: The usage, if the engine told any.
        error: The failure that broke the answer off.
    """

    was_abandoned: bool
    first_event_at: float | None
    usage: Usage | None
    error: ServiceError | None


class Hold(Protocol):
    """A request's wait for capacity, as the log tells of it.

    Attributes:
        has_left: True if the client left before the answer.
    """

    has_left: bool

    @property
    def held_seconds(self) -> float:
        """Length of the wait."""


class Retrieval(Protocol):
    """A search before an answer, as the log tells of it."""

    @property
    def failed(self) -> str | None:
        """The stage that failed, if one did."""

    @property
    def milliseconds(self) -> float:
        """Length of the search."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers by which the answer tells of it."""


@dataclass
class RequestRecord:
    """The log's record of one request, which routes and error handlers add to.

    Attributes:
        request_id: API Gateway's id of the request, or a new one.
        started: `time.perf_counter()` at the beginning.
        status: The HTTP status; 0 until the answer begins.
        stream: The answer, if streamed.
        usage: The usage of a whole answer.
        hold: The wait for capacity, if there was one.
        retrieval: The search before the answer, if there was one.
        error: The error that was answered.
        is_logged: True once the line is written.
    """

    request_id: str
    started: float = field(default_factory=perf_counter)
    status: int = 0
    stream: StreamedAnswer | None = None
    usage: Usage | None = None
    hold: Hold | None = None
    retrieval: Retrieval | None = None
    error: ServiceError | None = None
    is_logged: bool = False

    def note_retrieval(self, retrieval: Retrieval) -> None:
        """Note a search before the answer, whatever becomes of that."""
        self.retrieval = retrieval

    def told(self, answer: Response) -> Response:
        """Return an answer with the headers of the search before."""
        if self.retrieval:
            answer.headers.update(self.retrieval.headers)
        return answer

    @property
    def was_abandoned(self) -> bool:
        """True if the client left before the answer was over."""
        if self.stream:
            return self.stream.was_abandoned
        return bool(self.hold and self.hold.has_left)


def record_of(request: Request) -> RequestRecord:
    """Return the record of a request that came through RequestLog."""
    record: RequestRecord = request.scope["twin.record"]
    return record


class RequestLog:
    """ASGI middleware that gives requests ids, answers uncaught errors, and writes the lines."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._metrics = MetricLog(settings)
        self._logger = Logger(service=settings.service_name, level=settings.log_level)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; its line is out before its answer ends, or when nobody waits."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        record = RequestRecord(_request_id(scope))
        scope["twin.record"] = record

        async def send_logged(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                # Where OpenAI's clients look for it.
                message["headers"].append((b"x-request-id", record.request_id.encode()))
            elif not message.get("more_body"):
                self._write(record, scope)
            await send(message)

        try:
            await self._app(scope, receive, send_logged)
        except Exception as error:
            self._log_bug(record, error)
            if not record.status:
                answer = JSONResponse(body_of("the service failed", 500), 500)
                await answer(scope, receive, send_logged)
        finally:
            self._write(record, scope)

    def _log_bug(self, record: RequestRecord, error: Exception) -> None:
        # Frames only: an exception's own text may quote the request.
        self._logger.error(
            "unhandled %s",
            type(error).__name__,
            extra={
                "request_id": record.request_id,
                "frames": traceback.format_tb(error.__traceback__),
            },
        )

    def _write(self, record: RequestRecord, scope: Scope) -> None:
        """Write a request's line, unless written.

        Lambda freezes the process when the body has ended, and a line that is written later comes
        minutes late or never: github.com/awslabs/aws-lambda-web-adapter/issues/404 and /590.
        """
        if record.is_logged:
            return
        record.is_logged = True
        self._metrics.write(_measures(record), {"route": _route(scope)}, self._fields(record))

    def _fields(self, record: RequestRecord) -> dict[str, Any]:
        stream = record.stream
        error = record.error or (stream.error if stream else None)
        fields = {
            "request_id": record.request_id,
            "status": record.status,
            "model": self._settings.model_id,
            "engine": self._settings.engine,
            "streamed": stream is not None,
        }
        if record.was_abandoned:
            fields["abandoned"] = True
        if record.retrieval and record.retrieval.failed:
            fields["retrieval_failed"] = record.retrieval.failed
        if error:
            fields |= {"error": type(error).__name__, "reason": error.reason or error.code}
        return fields


def _measures(record: RequestRecord) -> dict[str, dict[str, Any]]:
    stream = record.stream
    usage = record.usage or (stream.usage if stream else None)
    unanswered = record.status == 0 and not record.was_abandoned
    failed = record.status >= 500 or unanswered or bool(stream and stream.error)
    measures = {
        "Duration": metric("Milliseconds", _milliseconds(record.started, perf_counter())),
        "Failures": metric("Count", failed),
    }
    if stream and stream.first_event_at:
        waited = _milliseconds(record.started, stream.first_event_at)
        measures["TimeToFirstToken"] = metric("Milliseconds", waited)
    if record.hold:
        measures["HeldMilliseconds"] = metric("Milliseconds", record.hold.held_seconds * 1000)
    if record.retrieval:
        waited = record.retrieval.milliseconds
        measures["RetrievalMilliseconds"] = metric("Milliseconds", waited)
        measures["RetrievalFailures"] = metric("Count", bool(record.retrieval.failed))
    if isinstance(record.error, UnreadableObjectError):
        measures[UNREADABLE] = metric("Count", 1)
    if usage:
        measures["PromptTokens"] = metric("Count", usage.prompt_tokens)
        measures["CompletionTokens"] = metric("Count", usage.completion_tokens)
    return measures


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 2)


def _route(scope: Scope) -> str:
    """Return the method and path template: few values, as a dimension needs."""
    route = scope.get("route")
    return f"{scope['method']} {route.path}" if route else "unmatched"


def _request_id(scope: Scope) -> str:
    """Return API Gateway's id, by which the two access logs agree, or else a new id."""
    found = request_context(scope).get("requestId")
    return found if isinstance(found, str) and _ID.fullmatch(found) else uuid4().hex
