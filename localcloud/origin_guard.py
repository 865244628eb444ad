"""Keeps web pages out of the local cloud, which runs code for whoever reaches it.

A server on 127.0.0.1 is open to every page in the developer's browser: by a request that needs no
preflight (a form, a `text/plain` POST), and by a name of the page's own that resolves to 127.0.0.1
(DNS rebinding). So the server answers to its own names only, and AWS's APIs, which are for SDKs,
to no other origin. A deployed REST API is for browsers too: its own CORS says for which.

The headers: https://www.w3.org/TR/fetch-metadata/ and https://fetch.spec.whatwg.org/#origin-header
"""

from __future__ import annotations

import json
import re
from functools import partial

from localcloud.asgi import Application, Message, Receive, Scope, Send

DEPLOYED_API = re.compile(r"/_aws/execute-api/[^/]+/.*", re.DOTALL)
"""Paths of deployed REST APIs. Their other forms (a host name, `/restapis/`) are for no browser:
for some paths ministack asks other services before it looks at the host."""

BUCKETS = re.compile(r"[a-z0-9.-]+\.s3(\.[a-z]{2}(-[a-z]+)+-\d)?\.amazonaws\.com")
"""Hosts of S3's buckets, which presigned URLs name. No page can have them resolve to 127.0.0.1."""

OWN_SITES = {"same-origin", "none"}
"""Values of `Sec-Fetch-Site` of our own pages, and of what a person typed in."""


class OriginGuard:
    """Refuses the requests that web pages make an innocent browser send."""

    def __init__(self, application: Application, port: int) -> None:
        """Guard an application.

        Args:
            application: Answers the requests that are let through.
            port: The port of the server, part of its names.
        """
        self._application = application
        self._addresses = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        # Browsers resolve these names themselves, to the loopback address (RFC 6761, 6.3).
        self._subdomain = re.compile(rf"[a-z0-9.-]+\.localhost:{port}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        host = ",".join(_values(scope, b"host")).lower()
        deployed = host in self._addresses and DEPLOYED_API.fullmatch(scope["path"])
        if host not in self._addresses and not self._named(host):
            allowed = ", ".join(sorted(self._addresses))
            await _refuse(scope, send, 421, f"Host: got {host!r}; must be one of {allowed}")
        elif not deployed and (problem := _foreign(scope, host)):
            await _refuse(scope, send, 403, problem)
        else:
            answer = send if deployed else partial(_send_without_cors, send)
            await self._application(scope, receive, answer)

    def _named(self, host: str) -> bool:
        return bool(self._subdomain.fullmatch(host) or BUCKETS.fullmatch(host))


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def _foreign(scope: Scope, host: str) -> str | None:
    """Say what shows that another origin's page sent the request."""
    advice = "AWS's APIs are for SDKs and the command line, not for web pages"
    for origin in _values(scope, b"origin"):
        if origin.lower() != f"http://{host}":
            return f"Origin: got {origin!r}; must be left out, or http://{host}: {advice}"
    for site in _values(scope, b"sec-fetch-site"):
        if site.lower() not in OWN_SITES:
            return f"Sec-Fetch-Site: got {site!r}; must be left out, same-origin or none: {advice}"
    return None


async def _send_without_cors(send: Send, message: Message) -> None:
    """Send a message less ministack's leave for every origin to read it."""
    if message["type"] == "http.response.start":
        kept = [
            (name, value)
            for name, value in message.get("headers", [])
            if not name.lower().startswith(b"access-control-")
        ]
        message = {**message, "headers": kept}
    await send(message)


async def _refuse(scope: Scope, send: Send, status: int, problem: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})  # the handshake's answer is a 403
        return
    body = json.dumps({"message": problem}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
