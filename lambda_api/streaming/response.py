"""A streamed answer over ASGI: a thread reads the upstream, the loop writes to the client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from threading import Condition
from typing import Protocol

import anyio
from anyio.to_thread import run_sync
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from lambda_api.streaming.sse import KEEP_ALIVE

KEEP_ALIVE_SECONDS = 10.0
"""Interval of the check for silence: a comment is sent after one to two of silence. API Gateway's
shortest idle limit is 30 s:
docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html."""

_MOST_WAITING = 256
"""Most blocks that are read ahead of a slow client."""


class Events(Protocol):
    """An answer in blocks of whole events."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the blocks; runs in a thread of its own."""

    def close(self) -> None:
        """End the iteration soon; safe from any thread."""


async def client_left(receive: Receive) -> None:
    """Wait until the client leaves."""
    while (await receive())["type"] != "http.disconnect":
        pass


class _Handoff:
    """A queue of blocks from the reading thread to the loop; what piles up goes as one write."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._blocks: list[bytes] = []
        self._changed = Condition()
        self._ready = asyncio.Event()
        self._has_ended = False

    def put(self, block: bytes) -> None:
        """Add a block, once there is room (reading thread)."""
        with self._changed:
            while len(self._blocks) >= _MOST_WAITING and not self._has_ended:
                self._changed.wait()
            self._blocks.append(block)
            is_first = len(self._blocks) == 1
        if is_first:
            self._loop.call_soon_threadsafe(self._ready.set)

    def end(self) -> None:
        """End the queue: no block follows, or none is wanted any more (either side)."""
        with self._changed:
            self._has_ended = True
            self._changed.notify()
        self._loop.call_soon_threadsafe(self._ready.set)

    async def take(self) -> bytes:
        """Return the waiting blocks as one, once there are any; nothing at the end (loop)."""
        await self._ready.wait()
        with self._changed:
            blocks, self._blocks = self._blocks, []
            if not self._has_ended:
                self._ready.clear()
            self._changed.notify()
        return blocks[0] if len(blocks) == 1 else b"".join(blocks)


class RelayResponse(Response):
    """A streamed response: sends events as they come; a client that leaves closes the source.

    Args:
        events: The answer.
        keep_alive_seconds: Interval of the check for silence, if not the class's.

    Attributes:
        keep_alive_seconds: Interval of the check for silence.
    """

    media_type = "text/event-stream"
    keep_alive_seconds = KEEP_ALIVE_SECONDS

    def __init__(self, events: Events, keep_alive_seconds: float | None = None) -> None:
        self.status_code = 200
        self.background = None
        self._events = events
        self.keep_alive_seconds = keep_alive_seconds or self.keep_alive_seconds
        self._was_silent = True
        # Proxies between here and the client must not collect the stream.
        self.init_headers({"cache-control": "no-cache", "x-accel-buffering": "no"})

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        handoff = _Handoff(asyncio.get_running_loop())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._close_when_the_client_leaves, receive)
            tasks.start_soon(self._keep_alive, send)
            tasks.start_soon(self._read, handoff)
            try:
                await self._write(handoff, send)
            finally:
                # Wakes the reading thread, which the task group waits for.
                self._events.close()
                handoff.end()
                tasks.cancel_scope.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _close_when_the_client_leaves(self, receive: Receive) -> None:
        await client_left(receive)
        self._events.close()

    async def _keep_alive(self, send: Send) -> None:
        while True:
            self._was_silent = True
            await anyio.sleep(self.keep_alive_seconds)
            if self._was_silent:
                await send({"type": "http.response.body", "body": KEEP_ALIVE, "more_body": True})

    async def _read(self, handoff: _Handoff) -> None:
        def read() -> None:
            try:
                for block in self._events:
                    handoff.put(block)
            finally:
                handoff.end()

        # A limiter of its own: streams must not use up the threads that routes run in.
        await run_sync(read, limiter=anyio.CapacityLimiter(1))

    async def _write(self, handoff: _Handoff, send: Send) -> None:
        while blocks := await handoff.take():
            self._was_silent = False
            await send({"type": "http.response.body", "body": blocks, "more_body": True})
