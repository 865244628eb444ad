"""The shapes of ASGI (https://asgi.readthedocs.io/en/latest/specs/www.html)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


async def disconnected(receive: Receive) -> None:
    """Wait until the client is gone. The request must have been read."""
    while (await receive())["type"] != "http.disconnect":
        pass
