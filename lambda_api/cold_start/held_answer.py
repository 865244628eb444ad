"""Answers to held requests, which begin as soon as the endpoint has capacity."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from lambda_api.chat.service import Upstream
from lambda_api.chat.stream import UpstreamStream
from lambda_api.cold_start.waiting_room import HeldRequest
from lambda_api.errors import NotReadyError
from lambda_api.streaming.response import client_left


class HeldStream:
    """A stream of a held request: reading the first bytes waits for capacity, then opens it.

    Attributes:
        content_type: The media type of the bytes; empty until the stream is open.
    """

    def __init__(self, held: HeldRequest, open_stream: Callable[[], UpstreamStream]) -> None:
        self.content_type = ""
        self._held = held
        self._open_stream = open_stream
        self._source: UpstreamStream | None = None
        self._is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        """Yield the answer's bytes as they come, cut anywhere.

        Raises:
            ServiceError: No capacity came, or the answer broke off.
        """
        self._source = source = self._held.wait_and_call(self._open_stream)
        self.content_type = source.content_type
        if self._is_closed:  # while it was being opened
            source.close()
        yield from source

    def close(self) -> None:
        """Stop the waiting or the reading; safe from any thread, and more than once."""
        self._is_closed = True
        self._held.leave()
        if self._source:
            self._source.close()


class HeldUpstream:
    """An upstream for one held request: each call waits for capacity first."""

    def __init__(self, upstream: Upstream, held: HeldRequest) -> None:
        self._upstream = upstream
        self._held = held

    def complete(self, payload: bytes, prefix: str | None = None) -> bytes:
        """Wait for capacity, then return the whole answer.

        Raises:
            ServiceError: No capacity came, or the call failed.
        """
        return self._held.wait_and_call(partial(self._upstream.complete, payload, prefix))

    def open_stream(self, payload: bytes, prefix: str | None = None) -> HeldStream:
        """Return a stream at once; the first read waits for capacity."""
        return HeldStream(self._held, partial(self._upstream.open_stream, payload, prefix))


class HeldResponse(Response):
    """A whole answer to a held request, awaited in a thread of its own: routes share few threads.

    Args:
        held: The request that waits.
        answer: Waits for capacity and makes the response; runs in the thread.
    """

    def __init__(self, held: HeldRequest, answer: Callable[[], Response]) -> None:
        self.background = None
        self._held = held
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for the response and send it, unless the client leaves first.

        Raises:
            ServiceError: No capacity came, or the call failed.
        """
        watching = asyncio.ensure_future(self._leave_with_the_client(receive))
        try:
            response = await run_sync(
                self._answer, limiter=CapacityLimiter(1), abandon_on_cancel=True
            )
        except asyncio.CancelledError:
            self._held.leave()
            raise
        except NotReadyError:
            if self._held.has_left:
                return
            raise
        finally:
            watching.cancel()
        await response(scope, receive, send)

    async def _leave_with_the_client(self, receive: Receive) -> None:
        await client_left(receive)
        self._held.leave()
