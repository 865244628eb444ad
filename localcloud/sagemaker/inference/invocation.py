"""One invocation: a request goes to an engine, its answer comes back in the service's form."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from localcloud.asgi import Send
from localcloud.awsjson.service import Scope
from localcloud.local_http import Exchange, UpstreamError
from localcloud.sagemaker.inference.eventstream import model_stream_error, payload_part
from localcloud.sagemaker.replicas.adapters import HEADER
from localcloud.sagemaker.replicas.container_call import Answer, call, open_call, read
from localcloud.sagemaker.replicas.replica import Replica
from localcloud.sagemaker.replicas.routing import Prompt
from localcloud.sagemaker.replicas.traffic import Traffic

MODEL_SECONDS = 60.0
"""Longest an `InvokeEndpoint` may take:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html"""

STREAM_SECONDS = 8 * 60.0
"""Longest a streamed answer may take, as SageMaker's hosting guide gives it."""

TO_CONTAINER = (
    "content-type",
    "x-amzn-sagemaker-custom-attributes",
    "x-amzn-sagemaker-inference-id",
    "x-amzn-sagemaker-session-id",
)
"""Headers that reach the container as they are."""


class RuntimeServiceError(Exception):
    """An error answer of the runtime."""

    def __init__(self, code: str, message: str, *, status: int = 400, **members: object) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.document = {"Message": message, **members}

    @property
    def original_status(self) -> int:
        """A container's own status; 0 where it gave none."""
        status = self.document.get("OriginalStatusCode", 0)
        return status if isinstance(status, int) else 0


class StreamEndedError(Exception):
    """A streamed answer ended in an error event."""


class Listener(Protocol):
    """Hears an answer."""

    def hear(self, variant: str, content_type: str, chunk: bytes) -> None:
        """Take a piece of the answer, or all of it."""


@dataclass(frozen=True)
class Invocation:
    """A request that reached an endpoint or an inference component.

    Attributes:
        traffic: routes to the replicas that can answer the request.
        log_group: log group of those replicas.
        seconds: longest that the answer may take.
        adapter: name of the adapter that the request is for.
        recording: hears the answer; None where nobody captures it.
    """

    traffic: Traffic
    log_group: str
    scope: Scope
    headers: Mapping[str, str]
    body: bytes
    streams: bool
    seconds: float
    adapter: str | None = None
    recording: Listener | None = None

    @property
    def prompt(self) -> Prompt:
        """Parts of the request that its route may depend on."""
        return Prompt(self.body, self.headers.get("x-amzn-sagemaker-prefix-aware-id", ""))


async def answer(invocation: Invocation, replica: Replica, variant: str, send: Send) -> None:
    """`InvokeEndpoint`: the whole answer at once.

    Raises:
        RuntimeServiceError: The container refused, broke off or took too long.
    """
    try:
        async with asyncio.timeout(invocation.seconds):
            answered = await call(replica, _container_headers(invocation), invocation.body)
    except TimeoutError as error:
        raise _model_error(invocation, replica, 0, TIMED_OUT) from error
    except UpstreamError as error:
        raise _model_error(invocation, replica, 0, CLOSED) from error
    _raise_for_status(invocation, replica, answered)
    headers = {
        b"content-type": answered.content_type.encode(),
        b"content-length": str(len(answered.content)).encode(),
        **_answer_headers(answered.headers, variant),
    }
    await send_start(send, 200, headers)
    await send({"type": "http.response.body", "body": answered.content})
    if invocation.recording:
        invocation.recording.hear(variant, answered.content_type, answered.content)


async def stream(
    invocation: Invocation,
    replica: Replica,
    variant: str,
    send: Send,
    *,
    on_first_chunk: Callable[[], None],
) -> None:
    """`InvokeEndpointWithResponseStream`: each piece as it comes.

    Raises:
        RuntimeServiceError: The container refused, or broke off or took too long before its
            answer began.
        StreamEndedError: As the last, within its answer. The client has been told.
    """
    started = False
    try:
        async with asyncio.timeout(invocation.seconds):
            opened = await open_call(replica, _container_headers(invocation), invocation.body)
            with closing(opened) as exchange:
                if exchange.status >= 400:
                    _raise_for_status(invocation, replica, await read(exchange))
                await send_start(send, 200, _stream_headers(exchange, variant))
                started = True
                first = True
                async for chunk in exchange.body():
                    if first:
                        on_first_chunk()
                        first = False
                    await _send_more(send, payload_part(chunk))
                    if invocation.recording:
                        kind = dict(exchange.headers).get(b"content-type", b"").decode("latin-1")
                        invocation.recording.hear(variant, kind, chunk)
    except (TimeoutError, UpstreamError) as error:
        code, text = _STREAM_ERRORS[isinstance(error, TimeoutError)]
        if not started:
            raise _model_error(invocation, replica, 0, text) from error
        await _send_more(send, model_stream_error(code, text))
        await send({"type": "http.response.body", "body": b""})
        raise StreamEndedError from error
    await send({"type": "http.response.body", "body": b""})


TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the "
    "latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)
CLOSED = "The container primary closed the connection before its answer was complete."

_STREAM_ERRORS = {True: ("ModelInvocationTimeExceeded", TIMED_OUT), False: ("StreamBroken", CLOSED)}
"""By whether time was up."""


def _container_headers(invocation: Invocation) -> dict[str, str]:
    given = invocation.headers
    accept = "x-amzn-sagemaker-accept" if invocation.streams else "accept"
    passed = {name: given[name] for name in TO_CONTAINER if name in given}
    named = {HEADER: invocation.adapter} if invocation.adapter else {}
    return {"accept": given.get(accept, "*/*"), **passed, **named}


def _answer_headers(given: Mapping[bytes, bytes], variant: str) -> dict[bytes, bytes]:
    headers = {b"x-amzn-invoked-production-variant": variant.encode()}
    if attributes := given.get(b"x-amzn-sagemaker-custom-attributes"):
        headers[b"x-amzn-sagemaker-custom-attributes"] = attributes
    return headers


def _stream_headers(exchange: Exchange, variant: str) -> dict[bytes, bytes]:
    given = dict(exchange.headers)
    return {
        b"content-type": b"application/vnd.amazon.eventstream",
        b"x-amzn-sagemaker-content-type": given.get(b"content-type", b""),
        **_answer_headers(given, variant),
    }


def _raise_for_status(invocation: Invocation, replica: Replica, answered: Answer) -> None:
    if answered.status >= 400:
        text = answered.content.decode(errors="replace")
        raise _model_error(invocation, replica, answered.status, text)


def _model_error(
    invocation: Invocation, replica: Replica, status: int, text: str
) -> RuntimeServiceError:
    return RuntimeServiceError(
        "ModelError",
        received_error(invocation.scope, invocation.log_group, status, text),
        status=424,
        OriginalStatusCode=status,
        OriginalMessage=text,
        LogStreamArn=replica.log.arn,
    )


def received_error(scope: Scope, log_group: str, status: int, text: str) -> str:
    """Build the service's error for a container's failure."""
    side = "client" if 400 <= status < 500 else "server"
    return (
        f'Received {side} error ({status}) from primary with message "{text}". See '
        f"https://{scope.region}.console.aws.amazon.com/cloudwatch/home?region={scope.region}"
        f"#logEventViewer:group={log_group} in account {scope.account} for more information."
    )


async def send_start(send: Send, status: int, headers: Mapping[bytes, bytes]) -> None:
    """Send the head of an answer."""
    start = {"type": "http.response.start", "status": status, "headers": list(headers.items())}
    await send(start)


async def _send_more(send: Send, content: bytes) -> None:
    await send({"type": "http.response.body", "body": content, "more_body": True})
