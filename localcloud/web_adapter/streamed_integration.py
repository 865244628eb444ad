"""API Gateway's streamed Lambda integration: limits on the outside, the web adapter inside."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import AsyncExitStack, suppress
from functools import partial

from localcloud.asgi import Receive, Send, disconnected
from localcloud.local_http import UpstreamError
from localcloud.ministack_hooks import (
    Answer,
    StreamCall,
    StreamedBody,
    ThrottledError,
    integration_failure,
    integration_timeout,
)
from localcloud.web_adapter.adapter import ForbiddenPathError, Invocation, WebAdapter
from localcloud.web_adapter.environment import NotEmulatedError
from localcloud.web_adapter.function_server import InitError

logger = logging.getLogger(__name__)

IDLE_SECONDS = 300.0
"""Longest pause in a stream through a regional endpoint.
https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html"""

OWN_HEADERS = {b"connection", b"date", b"keep-alive", b"server", b"transfer-encoding", b"upgrade"}
"""Headers of an answer that the gateway makes itself."""


class StreamedIntegration:
    """Runs streamed integrations with the web adapter."""

    def __init__(self, adapter: WebAdapter) -> None:
        self._adapter = adapter

    async def __call__(self, call: StreamCall) -> Answer:
        """Invoke the function; answer as soon as the head of its answer is there."""
        deadline = time.time() + call.timeout
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(call.timeout) as limit:
                    invocation = await held.enter_async_context(
                        self._adapter.invoke(call.function, call.event)
                    )
            except ForbiddenPathError:
                return 403, {"content-type": "text/plain"}, b"Forbidden"
            except ThrottledError:
                return integration_failure(throttled=True)
            except (InitError, NotEmulatedError, UpstreamError, TimeoutError) as error:
                if limit.expired():
                    return integration_timeout()
                logger.warning("%s: %s", call.function.name, error)
                return integration_failure()
            relay = partial(_relay, held.pop_all(), invocation, deadline)
        return invocation.answer.status, _headers(invocation), StreamedBody(relay)


def _headers(invocation: Invocation) -> dict[str, str | list[str]]:
    values: dict[str, list[str]] = {"x-amzn-requestid": [invocation.id]}
    for name, value in invocation.answer.headers:
        if name not in OWN_HEADERS:
            values.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return {name: value if len(value) > 1 else value[0] for name, value in values.items()}


async def _relay(
    held: AsyncExitStack, invocation: Invocation, deadline: float, send: Send, receive: Receive
) -> None:
    """Pass the answer on until its end, a limit, or the client's leaving.

    A stream that is cut has no last frame: the client sees that its answer is not whole.
    """
    with suppress(UpstreamError, TimeoutError):  # the function's log says which
        async with held:
            passing = asyncio.create_task(_pass_on(invocation, deadline, send))
            leaving = asyncio.create_task(disconnected(receive))
            try:
                await asyncio.wait({passing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                leaving.cancel()
                if not passing.done():
                    passing.cancel()
            if not passing.cancelling():
                passing.result()


async def _pass_on(invocation: Invocation, deadline: float, send: Send) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + min(deadline, invocation.deadline) - time.time()
    async with asyncio.timeout_at(end) as limit:
        async for piece in invocation.answer.body():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            limit.reschedule(min(end, loop.time() + IDLE_SECONDS))
    await send({"type": "http.response.body", "body": b"", "more_body": False})
