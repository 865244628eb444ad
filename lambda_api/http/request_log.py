"""The log of requests: one line each, which CloudWatch also reads as metrics.

The line is in CloudWatch's embedded metric format and holds no prompt, answer or key.
docs/decisions/0020 says why Powertools writes it.
"""

from __future__ import annotations

import json
import re
import sys
import traceback
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Protocol
from uuid import uuid4

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
    AmazonCloudWatchEMFProvider,
)
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lambda_api.engine.json_fields import Usage
from lambda_api.error_status import body_of
from lambda_api.errors import ServiceError
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
        error: The error that was answered.
    """

    request_id: str
    started: float = field(default_factory=perf_counter)
    status: int = 0
    stream: StreamedAnswer | None = None
    usage: Usage | None = None
    hold: Hold | None = None
    error: ServiceError | None = None

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


class MetricLog:
    """A writer of log lines that are metrics too."""

    def __init__(self, settings: Settings) -> None:
        self._dimensions = {"service": settings.service_name, "stage": settings.stage}
        # The formatter beneath Powertools' Metrics: those keep one set of values for all requests
        # (or, as EphemeralMetrics, cost 0.1 ms a request), while requests here overlap.
        self._format = AmazonCloudWatchEMFProvider(
            namespace=settings.metrics_namespace, service=settings.service_name
        )

    def write(
        self,
        measures: dict[str, dict[str, Any]],
        dimensions: dict[str, str],
        fields: dict[str, Any],
    ) -> None:
        """Write a line.

        Args:
            measures: The metrics in CloudWatch's embedded format, by name.
            dimensions: Dimensions besides the service and the stage.
            fields: Further fields, which are no metrics.
        """
        line = self._format.serialize_metric_set(
            metrics=measures, dimensions={**self._dimensions, **dimensions}, metadata=fields
        )
        # CloudWatch reads metrics from standard output. One write a line: `print` makes two, and
        # threads that log at once then share a line, which is no JSON.
        sys.stdout.write(f"{json.dumps(line)}\n")
        sys.stdout.flush()

    def note_start(self, seconds: float) -> None:
        """Write the seconds that the endpoint took to start."""
        self.write({"ColdStart": _metric("Seconds", seconds)}, {}, {})

    def note_unreadable(self, object_id: str) -> None:
        """Write that a list left out an object, because its stored state cannot be read."""
        self.write({"UnreadableObjects": _metric("Count", 1)}, {}, {"object_id": object_id})


class RequestLog:
    """ASGI middleware that gives requests ids, answers uncaught errors, and writes the lines."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._metrics = MetricLog(settings)
        self._logger = Logger(service=settings.service_name, level=settings.log_level)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and write its line at the end."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        record = RequestRecord(_request_id(scope))
        scope["twin.record"] = record

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                # Where OpenAI's clients look for it.
                message["headers"].append((b"x-request-id", record.request_id.encode()))
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            self._log_bug(record, error)
            if not record.status:
                answer = JSONResponse(body_of("the service failed", 500), 500)
                await answer(scope, receive, send_with_id)
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
        if error:
            fields |= {"error": type(error).__name__, "reason": error.reason or error.code}
        return fields


def _measures(record: RequestRecord) -> dict[str, dict[str, Any]]:
    stream = record.stream
    usage = record.usage or (stream.usage if stream else None)
    unanswered = record.status == 0 and not record.was_abandoned
    failed = record.status >= 500 or unanswered or bool(stream and stream.error)
    measures = {
        "Duration": _metric("Milliseconds", _milliseconds(record.started, perf_counter())),
        "Failures": _metric("Count", failed),
    }
    if stream and stream.first_event_at:
        waited = _milliseconds(record.started, stream.first_event_at)
        measures["TimeToFirstToken"] = _metric("Milliseconds", waited)
    if record.hold:
        measures["HeldMilliseconds"] = _metric("Milliseconds", record.hold.held_seconds * 1000)
    if usage:
        measures["PromptTokens"] = _metric("Count", usage.prompt_tokens)
        measures["CompletionTokens"] = _metric("Count", usage.completion_tokens)
    return measures


def _metric(unit: str, value: float) -> dict[str, Any]:
    return {"Unit": unit, "StorageResolution": 60, "Value": [float(value)]}


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
