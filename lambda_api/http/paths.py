"""Paths and methods as clients write them, made those of the routes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SLASHES = re.compile("/{2,}")
_GREEDY = "/{proxy+}"


class OnePath:
    """ASGI middleware that drops doubled and trailing slashes, and answers HEAD as GET.

    Clients add a path to a base URL that may end in a slash. API Gateway ignores a trailing one and
    passes it on (github.com/aws-powertools/powertools-lambda-python/issues/1552); if doubled ones
    make it miss the route, the request comes by the greedy route and perhaps to the function that
    may not answer it. That one is sent to the path without them, below the stage.

    Args:
        app: The app, which sees the path without them.
        root_path: The path the API lies below.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on by the path of a route."""
        if scope["type"] == "http":
            path = scope["path"]
            if "//" in path or (path != "/" and path.endswith("/")):
                # In place: the log reads the route that is found in the same scope.
                scope["path"] = _SLASHES.sub("/", path).rstrip("/") or "/"
                if _came_greedily(scope):
                    return await self._redirect(scope, receive, send)
            if scope["method"] == "HEAD":
                scope["method"] = "GET"
                send = _without_body(send)
        return await self._app(scope, receive, send)

    async def _redirect(self, scope: Scope, receive: Receive, send: Send) -> None:
        target = f"{self._root_path}{scope['path']}{_query(scope)}"
        await RedirectResponse(target, 308)(scope, receive, send)


def _came_greedily(scope: Mapping[str, Any]) -> bool:
    return "aws.event" in scope and scope["aws.event"].get("resource") == _GREEDY


def _query(scope: Mapping[str, Any]) -> str:
    return f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head


class BelowRootPath:
    """Middleware that tells the app its root path: neither door does, and `/docs` needs it."""

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with the root path."""
        await self._app({**scope, "root_path": self._root_path}, receive, send)
