"""SageMaker Runtime: requests to endpoints, answered by engines or queued for them.

Runs on the server's event loop, and reaches the services' state through `Endpoints.find` and
`Traffic`, which are safe from any thread. A request goes straight to the engine's own HTTP
server; its answer is passed on as it arrives.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable
from http import HTTPStatus
from urllib.parse import unquote

from localcloud import asgi
from localcloud.asgi import Receive, Send
from localcloud.awsjson.service import Scope
from localcloud.sagemaker.async_queue import AsyncQueue
from localcloud.sagemaker.async_request import read_request
from localcloud.sagemaker.container_call import InstanceGoneError
from localcloud.sagemaker.endpoints import Endpoints
from localcloud.sagemaker.instance import Instance
from localcloud.sagemaker.invocation import (
    Invocation,
    RuntimeServiceError,
    answer,
    send_start,
    stream,
)
from localcloud.sagemaker.traffic import NoCapacityError, UnknownVariantError, Variant

LARGEST_BODY = 6_291_456
"""Bytes of a request's body, from the service's model (`BodyBlob`)."""

_PATH = re.compile(r"/endpoints/([^/]+)/(invocations(?:-response-stream)?|async-invocations)")

_NOT_EMULATED = {
    "x-amzn-sagemaker-target-model": "TargetModel",
    "x-amzn-sagemaker-target-container-hostname": "TargetContainerHostname",
    "x-amzn-sagemaker-inference-component": "InferenceComponentName",
    "x-amzn-sagemaker-enable-explanations": "EnableExplanations",
}


class ClientGoneError(Exception):
    """The client closed its connection before it had its answer."""


class Runtime:
    """Answers the runtime's HTTP requests; an ASGI application."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints

    async def __call__(self, scope: asgi.Scope, receive: Receive, send: Send) -> None:
        """Answer one request; drop it where the client has gone."""
        try:
            body = await _read_body(receive)
            invocation, queue = self._invocation(scope, body)
            if queue:
                await _enqueue(invocation, queue, send)
            else:
                await _unless_client_leaves(self._invoke(invocation, send), receive)
        except RuntimeServiceError as error:
            await _send_error(send, error)
        except ClientGoneError:
            return

    def _invocation(
        self, scope: asgi.Scope, body: bytes | None
    ) -> tuple[Invocation, AsyncQueue | None]:
        match = _PATH.fullmatch(scope["path"])
        assert match is not None  # noqa: S101 - the server routes by the same paths
        name, kind = unquote(match[1]), match[2]
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
        if (kind == "async-invocations") != (endpoint.queue is not None):
            text = f"Endpoint {name} does not support this inference type."
            raise RuntimeServiceError("ValidationError", text)
        streams = kind == "invocations-response-stream"
        return Invocation(endpoint, caller, headers, body, streams), endpoint.queue

    async def _invoke(self, invocation: Invocation, send: Send) -> None:
        invoke = stream if invocation.streams else answer
        while True:
            variant, instance = _acquire(invocation)
            try:
                return await invoke(invocation, instance, variant.name, send)
            except InstanceGoneError:
                continue  # it has left the rotation
            finally:
                invocation.endpoint.traffic.release(instance)


async def _enqueue(invocation: Invocation, queue: AsyncQueue, send: Send) -> None:
    """`InvokeEndpointAsync`: the answer says where the result will be."""
    name = invocation.endpoint.name
    request = read_request(
        name, invocation.scope, invocation.headers, invocation.body, queue.output
    )
    if not await queue.submit(request):
        text = f"Endpoint {name} of account {invocation.scope.account} not found."
        raise RuntimeServiceError("ValidationError", text)
    body = json.dumps({"InferenceId": request.inference_id}).encode()
    headers = {
        b"content-type": b"application/json",
        b"content-length": str(len(body)).encode(),
        b"x-amzn-sagemaker-outputlocation": str(request.output).encode(),
    }
    if request.failure:
        headers[b"x-amzn-sagemaker-failurelocation"] = str(request.failure).encode()
    await send_start(send, HTTPStatus.ACCEPTED, headers)
    await send({"type": "http.response.body", "body": body})


def _acquire(invocation: Invocation) -> tuple[Variant, Instance]:
    target = invocation.headers.get("x-amzn-sagemaker-target-variant")
    try:
        return invocation.endpoint.traffic.acquire(target)
    except UnknownVariantError as error:
        text = f"Could not find variant {target} of endpoint {invocation.endpoint.name}."
        raise RuntimeServiceError("ValidationError", text) from error
    except NoCapacityError as error:
        text = "No healthy instance can take the request."
        raise RuntimeServiceError("ServiceUnavailable", text, status=503) from error


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
    leaving = asyncio.ensure_future(asgi.disconnected(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientGoneError
        working.result()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.wait({working, leaving})


async def _send_error(send: Send, error: RuntimeServiceError) -> None:
    body = json.dumps(error.document).encode()
    headers = {b"content-type": b"application/json", b"content-length": str(len(body)).encode()}
    if error.code:
        headers[b"x-amzn-errortype"] = error.code.encode()
    await send_start(send, error.status, headers)
    await send({"type": "http.response.body", "body": body})
