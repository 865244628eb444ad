"""The client of a runtime's request: its body, its leaving, and the errors it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable

from localcloud import asgi
from localcloud.asgi import Receive, Send
from localcloud.sagemaker.inference.invocation import RuntimeServiceError, send_start

LARGEST_BODY = 6_291_456
"""Bytes of a request's body, from the service's model (`BodyBlob`)."""


class ClientGoneError(Exception):
    """The client closed the connection before the answer was complete."""


async def read_body(receive: Receive) -> bytes | None:
    """Read the request's body; None when it is larger than the service takes."""
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


async def unless_client_leaves(work: Awaitable[None], receive: Receive) -> None:
    """Do the work, or drop it as soon as the client closes the connection.

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


async def send_error(send: Send, error: RuntimeServiceError) -> None:
    """Answer with an error."""
    body = json.dumps(error.document).encode()
    headers = {b"content-type": b"application/json", b"content-length": str(len(body)).encode()}
    if error.code:
        headers[b"x-amzn-errortype"] = error.code.encode()
    await send_start(send, error.status, headers)
    await send({"type": "http.response.body", "body": body})
