"""One invocation: a request goes to an engine, its answer comes back in the service's form."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from localcloud.asgi import Send
from localcloud.awsjson.service import Scope
from localcloud.local_http import Exchange, UpstreamError, open_exchange
from localcloud.sagemaker.endpoint import Endpoint
from localcloud.sagemaker.eventstream import model_stream_error, payload_part
from localcloud.sagemaker.instance import Instance
from localcloud.settings import HOST

MODEL_SECONDS = 60.0
"""Longest an `InvokeEndpoint` may take:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html"""

STREAM_SECONDS = 8 * 60.0
"""Longest a streamed answer may take, as SageMaker's hosting guide gives it."""

_TO_CONTAINER = (
    "content-type",
    "x-amzn-sagemaker-custom-attributes",
    "x-amzn-sagemaker-inference-id",
    "x-amzn-sagemaker-session-id",
)


class RuntimeServiceError(Exception):
    """An error answer of the runtime."""

    def __init__(self, code: str, message: str, *, status: int = 400, **members: object) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.document = {"Message": message, **members}


class InstanceGoneError(Exception):
    """Nothing listens where the instance did: the request was not sent, another may take it."""


@dataclass(frozen=True)
class Invocation:
    """One request, as it reached an endpoint."""

    endpoint: Endpoint
    scope: Scope
    headers: Mapping[str, str]
    body: bytes
    streams: bool


async def answer(invocation: Invocation, instance: Instance, variant: str, send: Send) -> None:
    """`InvokeEndpoint`: the whole answer at once."""
    try:
        async with asyncio.timeout(MODEL_SECONDS):
            with closing(await _open(invocation, instance)) as exchange:
                content = await _read_answer(exchange)
    except TimeoutError as error:
        raise _model_error(invocation, instance, 0, _TIMED_OUT) from error
    except UpstreamError as error:
        raise _model_error(invocation, instance, 0, _CLOSED) from error
    _raise_for_status(invocation, instance, exchange, content)
    headers = {
        b"content-type": _header(exchange, b"content-type") or b"application/octet-stream",
        b"content-length": str(len(content)).encode(),
        **_answer_headers(exchange, variant),
    }
    await send_start(send, 200, headers)
    await send({"type": "http.response.body", "body": content})


async def stream(invocation: Invocation, instance: Instance, variant: str, send: Send) -> None:
    """`InvokeEndpointWithResponseStream`: each piece as it comes."""
    started = False
    try:
        async with asyncio.timeout(STREAM_SECONDS):
            with closing(await _open(invocation, instance)) as exchange:
                if exchange.status >= 400:
                    content = await _read_answer(exchange)
                    _raise_for_status(invocation, instance, exchange, content)
                await send_start(send, 200, _stream_headers(exchange, variant))
                started = True
                async for chunk in exchange.body():
                    await _send_more(send, payload_part(chunk))
    except TimeoutError as error:
        if not started:
            raise _model_error(invocation, instance, 0, _TIMED_OUT) from error
        await _send_more(send, model_stream_error("ModelInvocationTimeExceeded", _TIMED_OUT))
    except UpstreamError as error:
        if not started:
            raise _model_error(invocation, instance, 0, _CLOSED) from error
        await _send_more(send, model_stream_error("StreamBroken", _CLOSED))
    await send({"type": "http.response.body", "body": b""})


_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the "
    "latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)
_CLOSED = "The container primary closed the connection before its answer was complete."


async def _open(invocation: Invocation, instance: Instance) -> Exchange:
    """Send the request to the engine, on the path where it answers `POST /invocations`."""
    port = instance.port
    if port is None:
        raise InstanceGoneError
    given = invocation.headers
    accept = "x-amzn-sagemaker-accept" if invocation.streams else "accept"
    headers = [("host", HOST), ("accept", given.get(accept, "*/*"))]
    headers += [(name, given[name]) for name in _TO_CONTAINER if name in given]
    path = instance.container.engine.invocations
    try:
        return await open_exchange(port, "POST", path, headers, invocation.body)
    except UpstreamError as error:
        if not isinstance(error.__cause__, ConnectionRefusedError):
            raise
        instance.leave(port)
        raise InstanceGoneError from error


async def _read_answer(exchange: Exchange) -> bytes:
    return b"".join([chunk async for chunk in exchange.body()])


def _header(exchange: Exchange, name: bytes) -> bytes:
    return dict(exchange.headers).get(name, b"")


def _answer_headers(exchange: Exchange, variant: str) -> dict[bytes, bytes]:
    headers = {b"x-amzn-invoked-production-variant": variant.encode()}
    if attributes := _header(exchange, b"x-amzn-sagemaker-custom-attributes"):
        headers[b"x-amzn-sagemaker-custom-attributes"] = attributes
    return headers


def _stream_headers(exchange: Exchange, variant: str) -> dict[bytes, bytes]:
    return {
        b"content-type": b"application/vnd.amazon.eventstream",
        b"x-amzn-sagemaker-content-type": _header(exchange, b"content-type"),
        **_answer_headers(exchange, variant),
    }


def _raise_for_status(
    invocation: Invocation, instance: Instance, exchange: Exchange, content: bytes
) -> None:
    if exchange.status >= 400:
        text = content.decode(errors="replace")
        raise _model_error(invocation, instance, exchange.status, text)


def _model_error(
    invocation: Invocation, instance: Instance, status: int, text: str
) -> RuntimeServiceError:
    side = "client" if 400 <= status < 500 else "server"
    scope = invocation.scope
    group = f"/aws/sagemaker/Endpoints/{invocation.endpoint.name}"
    return RuntimeServiceError(
        "ModelError",
        f'Received {side} error ({status}) from primary with message "{text}". See '
        f"https://{scope.region}.console.aws.amazon.com/cloudwatch/home?region={scope.region}"
        f"#logEventViewer:group={group} in account {scope.account} for more information.",
        status=424,
        OriginalStatusCode=status,
        OriginalMessage=text,
        LogStreamArn=instance.log.arn,
    )


async def send_start(send: Send, status: int, headers: Mapping[bytes, bytes]) -> None:
    """Send the head of an answer."""
    start = {"type": "http.response.start", "status": status, "headers": list(headers.items())}
    await send(start)


async def _send_more(send: Send, content: bytes) -> None:
    await send({"type": "http.response.body", "body": content, "more_body": True})
