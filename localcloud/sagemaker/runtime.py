"""SageMaker Runtime: `InvokeEndpoint` and `InvokeEndpointWithResponseStream` on engines.

Runs on the server's event loop, and reaches the services' state through `Endpoints.find` and
`Traffic`, which are safe from any thread. A request goes straight to the engine's own HTTP
server; its answer is passed on as it arrives.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import httpx2

from localcloud.awsjson.service import Scope
from localcloud.engines.client import engine_client
from localcloud.sagemaker.endpoint import Endpoint
from localcloud.sagemaker.endpoints import Endpoints
from localcloud.sagemaker.eventstream import model_stream_error, payload_part
from localcloud.sagemaker.instance import Instance
from localcloud.sagemaker.traffic import NoCapacityError, UnknownVariantError

LARGEST_BODY = 6_291_456
"""Bytes of a request's body, from the service's model (`BodyBlob`)."""

MODEL_SECONDS = 60.0
"""Longest an `InvokeEndpoint` may take:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html"""

STREAM_SECONDS = 8 * 60.0
"""Longest a streamed answer may take, as SageMaker's hosting guide gives it."""

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_PATH = re.compile(r"/endpoints/([^/]+)/(invocations(?:-response-stream)?|async-invocations)")

_NOT_EMULATED = {
    "x-amzn-sagemaker-target-model": "TargetModel",
    "x-amzn-sagemaker-target-container-hostname": "TargetContainerHostname",
    "x-amzn-sagemaker-inference-component": "InferenceComponentName",
    "x-amzn-sagemaker-enable-explanations": "EnableExplanations",
}

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


class ClientGoneError(Exception):
    """The client closed its connection before it had its answer."""


@dataclass(frozen=True)
class Invocation:
    """One request, as it reached an endpoint."""

    endpoint: Endpoint
    scope: Scope
    headers: Mapping[str, str]
    body: bytes
    streams: bool


class Runtime:
    """Answers the runtime's HTTP requests; an ASGI application."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints
        # Time limits are the service's, on the whole answer: see `asyncio.timeout` below.
        self._client = engine_client(timeout=httpx2.Timeout(None, connect=2.0))

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request; drop it where the client has gone."""
        try:
            body = await _read_body(receive)
            invocation = self._invocation(scope, body)
            await _unless_client_leaves(self._invoke(invocation, send), receive)
        except RuntimeServiceError as error:
            await _send_error(send, error)
        except ClientGoneError:
            return

    def _invocation(self, scope: dict[str, Any], body: bytes | None) -> Invocation:
        match = _PATH.fullmatch(scope["path"])
        assert match is not None  # noqa: S101 - the server routes by the same paths
        name, kind = unquote(match[1]), match[2]
        if kind == "async-invocations":
            raise RuntimeServiceError("ValidationError", "not emulated: InvokeEndpointAsync")
        if body is None:
            text = f"HTTP content length exceeded {LARGEST_BODY} bytes."
            raise RuntimeServiceError("", text, status=413)
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        for header, member in _NOT_EMULATED.items():
            if header in headers:
                raise RuntimeServiceError("ValidationError", f"not emulated: {member}")
        caller = Scope.of_request()
        endpoint = self._endpoints.find(caller, name)
        if endpoint is None or endpoint.status in ("Creating", "Failed", "Deleting"):
            text = f"Endpoint {name} of account {caller.account} not found."
            raise RuntimeServiceError("ValidationError", text)
        streams = kind == "invocations-response-stream"
        return Invocation(endpoint, caller, headers, body, streams)

    async def _invoke(self, invocation: Invocation, send: Send) -> None:
        traffic = invocation.endpoint.traffic
        target = invocation.headers.get("x-amzn-sagemaker-target-variant")
        try:
            variant, instance = traffic.acquire(target)
        except UnknownVariantError as error:
            text = f"Could not find variant {target} of endpoint {invocation.endpoint.name}."
            raise RuntimeServiceError("ValidationError", text) from error
        except NoCapacityError as error:
            text = "No healthy instance can take the request."
            raise RuntimeServiceError("ServiceUnavailable", text, status=503) from error
        answer = _stream if invocation.streams else _answer
        try:
            await answer(self._client, invocation, instance, variant.name, send)
        finally:
            traffic.release(instance)

    async def close(self) -> None:
        """Close the connections to engines."""
        await self._client.aclose()


async def _answer(
    client: httpx2.AsyncClient, invocation: Invocation, instance: Instance, variant: str, send: Send
) -> None:
    """`InvokeEndpoint`: the whole answer at once."""
    try:
        async with asyncio.timeout(MODEL_SECONDS):
            response = await client.send(_request(client, invocation, instance))
    except TimeoutError as error:
        raise _model_error(invocation, instance, 0, _TIMED_OUT) from error
    except httpx2.TransportError as error:
        raise _model_error(invocation, instance, 0, _CLOSED) from error
    if response.is_error:
        raise _model_error(invocation, instance, response.status_code, response.text)
    headers = {
        "Content-Type": response.headers.get("content-type", "application/octet-stream"),
        "Content-Length": str(len(response.content)),
        **_answer_headers(response, variant),
    }
    await _send_start(send, 200, headers)
    await send({"type": "http.response.body", "body": response.content})


async def _stream(
    client: httpx2.AsyncClient, invocation: Invocation, instance: Instance, variant: str, send: Send
) -> None:
    """`InvokeEndpointWithResponseStream`: each piece as it comes."""
    started = False
    try:
        async with asyncio.timeout(STREAM_SECONDS):
            response = await client.send(_request(client, invocation, instance), stream=True)
            async with aclosing(response):
                if response.is_error:
                    text = (await response.aread()).decode(errors="replace")
                    raise _model_error(invocation, instance, response.status_code, text)
                await _send_start(send, 200, _stream_headers(response, variant))
                started = True
                async for chunk in response.aiter_raw():
                    await _send_more(send, payload_part(chunk))
    except TimeoutError as error:
        if not started:
            raise _model_error(invocation, instance, 0, _TIMED_OUT) from error
        await _send_more(send, model_stream_error("ModelInvocationTimeExceeded", _TIMED_OUT))
    except httpx2.TransportError as error:
        if not started:
            raise _model_error(invocation, instance, 0, _CLOSED) from error
        await _send_more(send, model_stream_error("StreamBroken", _CLOSED))
    await send({"type": "http.response.body", "body": b""})


_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the "
    "latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)
_CLOSED = "The container primary closed the connection before its answer was complete."


def _request(
    client: httpx2.AsyncClient, invocation: Invocation, instance: Instance
) -> httpx2.Request:
    headers = {k: invocation.headers[k] for k in _TO_CONTAINER if k in invocation.headers}
    accept = "x-amzn-sagemaker-accept" if invocation.streams else "accept"
    headers["accept"] = invocation.headers.get(accept, "*/*")
    url = f"{instance.url}{instance.container.engine.invocations}"
    return client.build_request("POST", url, content=invocation.body, headers=headers)


def _answer_headers(response: httpx2.Response, variant: str) -> dict[str, str]:
    attributes = "X-Amzn-SageMaker-Custom-Attributes"
    given = response.headers.get(attributes)
    return {
        "x-Amzn-Invoked-Production-Variant": variant,
        **({attributes: given} if given else {}),
    }


def _stream_headers(response: httpx2.Response, variant: str) -> dict[str, str]:
    return {
        "Content-Type": "application/vnd.amazon.eventstream",
        "X-Amzn-SageMaker-Content-Type": response.headers.get("content-type", ""),
        **_answer_headers(response, variant),
    }


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


async def _read_body(receive: Receive) -> bytes | None:
    """The request's body; None when it is larger than the service takes."""
    body = bytearray()
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        chunk = message.get("body", b"")
        size += len(chunk)
        # The rest is read and dropped: a client that is still sending would not see the answer.
        if size <= LARGEST_BODY:
            body += chunk
        more = message.get("more_body", False)
    return bytes(body) if size <= LARGEST_BODY else None


async def _unless_client_leaves(work: Awaitable[None], receive: Receive) -> None:
    """Do the work, or drop it as soon as the client closes its connection.

    Dropping it closes the connection to the engine, which then stops generating.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_disconnect(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientGoneError
        working.result()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.wait({working, leaving})


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_error(send: Send, error: RuntimeServiceError) -> None:
    body = json.dumps(error.document).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    if error.code:
        headers["x-amzn-errortype"] = error.code
    await _send_start(send, error.status, headers)
    await send({"type": "http.response.body", "body": body})


async def _send_start(send: Send, status: int, headers: Mapping[str, str]) -> None:
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})


async def _send_more(send: Send, content: bytes) -> None:
    await send({"type": "http.response.body", "body": content, "more_body": True})
