"""The limit of a body's size, held without keeping the body in memory."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """ASGI middleware that raises a 413 when a body of more than `most_bytes` is read."""

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting the bytes of the body."""
        await self._app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        seen = 0

        async def receive_counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._most_bytes:
                # Read to the end: a client that is still sending would not see the answer.
                while message.get("more_body"):
                    message = await receive()
                    seen += len(message.get("body", b""))
                raise HTTPException(
                    413, f"the body has {seen} bytes, at most {self._most_bytes} are allowed"
                )
            return message

        return receive_counted
