"""SageMaker's OpenAI path: chat completions straight from the container, for a bearer token.

https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-openai-compatible.html
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import closing
from urllib.parse import unquote

from localcloud import asgi
from localcloud.asgi import Receive, Send
from localcloud.awsjson.service import Scope
from localcloud.local_http import UpstreamError
from localcloud.ministack_hooks import set_request_scope
from localcloud.sagemaker.inference.authorization import authorize
from localcloud.sagemaker.inference.bearer_token import BearerToken, TokenError
from localcloud.sagemaker.inference.client import (
    LARGEST_BODY,
    ClientGoneError,
    read_body,
    send_error,
    unless_client_leaves,
)
from localcloud.sagemaker.inference.dispatch import Call, dispatch
from localcloud.sagemaker.inference.invocation import (
    STREAM_SECONDS,
    Invocation,
    RuntimeServiceError,
    StreamEndedError,
    send_start,
)
from localcloud.sagemaker.replicas.container_call import open_call
from localcloud.sagemaker.replicas.replica import Replica
from localcloud.sagemaker.runtime import Runtime

OPENAI_PATH = re.compile(r"/endpoints/([^/]+)(?:/inference-components/([^/]+))?/openai/v1/(.+)")

_ROUTE = ("POST", "chat/completions")
"""The one route: no models, no completions, no responses."""

CONTAINER_PATH = "/v1/chat/completions"

_PASSED_ON = ("accept", "content-type")


class OpenAIPath:
    """Answers requests of OpenAI's clients; an ASGI application."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def __call__(self, scope: asgi.Scope, receive: Receive, send: Send) -> None:
        """Answer one request; drop it where the client has gone."""
        try:
            call = self._read(scope, await read_body(receive))
            await unless_client_leaves(_pass_through(call, send), receive)
        except RuntimeServiceError as error:
            await send_error(send, error)
        except (ClientGoneError, StreamEndedError):
            return

    def _read(self, scope: asgi.Scope, body: bytes | None) -> Call:
        match = OPENAI_PATH.fullmatch(scope["path"])
        assert match is not None  # noqa: S101 - the server routes by the same path
        if (scope["method"], match[3]) != _ROUTE:
            text = f"No such route: {scope['method']} {scope['path']}"
            raise RuntimeServiceError("UnknownOperationException", text, status=404)
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        try:
            token = BearerToken.read(headers.get("authorization", ""))
        except TokenError as error:
            raise RuntimeServiceError("AccessDeniedException", str(error), status=403) from error
        set_request_scope(token.headers)
        names = unquote(match[1]), match[2] and unquote(match[2])
        for action in ("sagemaker:CallWithBearerToken", "sagemaker:InvokeEndpoint"):
            authorize(token.headers, action, *names)
        if body is None:
            text = f"HTTP content length exceeded {LARGEST_BODY} bytes."
            raise RuntimeServiceError("", text, status=413)
        caller = Scope.of_request()
        endpoint = self._runtime.endpoint(caller, names[0])
        component = self._runtime.component(caller, endpoint, names[1])
        if endpoint.queue:
            text = f"Endpoint {endpoint.name} does not support this inference type."
            raise RuntimeServiceError("ValidationError", text)
        target = component or endpoint
        passed = {name: headers[name] for name in _PASSED_ON if name in headers}
        invocation = Invocation(
            target.traffic, target.log_group, caller, passed, body, True, STREAM_SECONDS
        )
        return Call(endpoint, component, invocation)


async def _pass_through(call: Call, send: Send) -> None:
    """Send the container's answer as it is, errors and all."""

    async def invoke(replica: Replica, _variant: str, on_first_chunk: Callable[[], None]) -> None:
        await _relay(call.invocation, replica, send, on_first_chunk)

    await dispatch(call, invoke)


async def _relay(
    invocation: Invocation, replica: Replica, send: Send, on_first_chunk: Callable[[], None]
) -> None:
    started = False
    try:
        async with asyncio.timeout(invocation.seconds):
            opened = await open_call(replica, invocation.headers, invocation.body, CONTAINER_PATH)
            with closing(opened) as exchange:
                given = dict(exchange.headers)
                kind = given.get(b"content-type", b"application/json")
                await send_start(send, exchange.status, {b"content-type": kind})
                async for chunk in exchange.body():
                    if not started:
                        on_first_chunk()
                        started = True
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
    except (TimeoutError, UpstreamError) as error:
        if started:
            raise StreamEndedError from error  # a cut answer has no last frame
        text = "The container broke off, or took too long."
        raise RuntimeServiceError("ModelError", text, status=424) from error
    await send({"type": "http.response.body", "body": b""})
