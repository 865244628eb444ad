"""Cross-origin requests: which web pages may call, and how a browser learns of it.

fetch.spec.whatwg.org/#http-cors-protocol; docs/decisions/0088 says why an origin must be named.
"""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lambda_api.error_status import body_of

ANY_ORIGIN = "*"

_METHODS = "GET, POST, DELETE, OPTIONS"
_EXPOSED = (
    "retry-after, x-request-id, location, x-ratelimit-limit-requests, "
    "x-ratelimit-remaining-requests, x-ratelimit-reset-requests"
)
_PREFLIGHT_SECONDS = "600"
"""Longest that Chromium keeps a preflight's answer is two hours; ten minutes let a change of config
be seen soon."""


class Cors:
    """ASGI middleware that answers preflights and names the caller's origin where it is allowed.

    Args:
        app: The app behind it.
        origins: Allowed origins, such as `https://app.example.com`; `*` allows every one.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight; pass anything else on, its answer marked."""
        origin = Headers(scope=scope).get("origin") if scope["type"] == "http" else None
        if origin is None:
            return await self._app(scope, receive, send)
        granted = self._granted(origin)
        headers = Headers(scope=scope)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            answer = _preflight(granted, headers) if granted else _refusal(origin)
            return await answer(scope, receive, send)
        return await self._app(scope, receive, _marked(send, granted) if granted else send)

    def _granted(self, origin: str) -> str | None:
        """Return the value of `access-control-allow-origin`; None for an origin not allowed."""
        if ANY_ORIGIN in self._origins:
            return ANY_ORIGIN
        return origin if origin in self._origins else None


def _preflight(granted: str, asked: Headers) -> Response:
    headers = {
        "access-control-allow-origin": granted,
        "access-control-allow-methods": _METHODS,
        # OpenAI's client sends headers of its own (x-stainless-...), which no list would keep up
        # with; and `*` does not stand for Authorization.
        "access-control-allow-headers": asked.get("access-control-request-headers", "*"),
        "access-control-max-age": _PREFLIGHT_SECONDS,
        "vary": "origin, access-control-request-headers",
    }
    return Response(status_code=204, headers=headers)


def _refusal(origin: str) -> Response:
    message = (
        f"pages of {origin[:200]!r} may not call this API: [api] cors_origins does not name it"
    )
    return JSONResponse(body_of(message, 403, code="origin_not_allowed"), 403)


def _marked(send: Send, granted: str) -> Send:
    async def send_marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message["headers"],
                (b"access-control-allow-origin", granted.encode("latin-1")),
                (b"access-control-expose-headers", _EXPOSED.encode()),
                (b"vary", b"origin"),
            ]
        await send(message)

    return send_marked
