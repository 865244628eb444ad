"""Bodies as clients send them, made plain: decompressed, and JSON unless they are a form."""

from __future__ import annotations

import zlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CODINGS = {"gzip", "x-gzip", "deflate"}
_PLAIN = {"", "identity"}
_FIRST_BYTES = (b"\x1f", b"\x78")
"""First bytes of gzip and of zlib, which no JSON text and no form begins with."""

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class PlainBody:
    """ASGI middleware that hands the app plain bodies.

    A compressed one is decompressed up to `most_bytes`. API Gateway does that too, leaves the
    header as it was (github.com/dougmoscrop/serverless-http/issues/194), and lets no coding but
    gzip, deflate and identity through, so the bytes decide. Whatever is no form counts as JSON:
    `curl -d` calls its data a form.
    """

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with a plain body."""
        if scope["type"] == "http" and scope["method"] == "POST":
            headers = MutableHeaders(scope=scope)
            if not headers.get("content-type", "").startswith(("application/json", "multipart/")):
                headers["content-type"] = "application/json"
            if coding := _coding(headers):
                receive = self._decompressed(receive, coding)
        await self._app(scope, receive, send)

    def _decompressed(self, receive: Receive, coding: str) -> Receive:
        body = _Inflater(self._most_bytes)

        async def receive_plain() -> Message:
            message = await receive()
            if message["type"] != "http.request":
                return message
            if coding not in _CODINGS:
                await _read_to_the_end(receive, message)
                allowed = "gzip, deflate and identity"
                raise HTTPException(
                    415, f"content-encoding: got {coding[:60]!r}, allowed are {allowed}"
                )
            try:
                more = bool(message.get("more_body"))
                plain = body.feed(message.get("body", b""), is_last=not more)
            except HTTPException:
                await _read_to_the_end(receive, message)
                raise
            return {**message, "body": plain}

        return receive_plain


class _Inflater:
    """A decompressor of one body, which may be several gzip members, up to a size."""

    def __init__(self, most_bytes: int) -> None:
        self._left = most_bytes
        self._most_bytes = most_bytes
        self._codec: zlib._Decompress | None = None
        self._is_plain: bool | None = None

    def feed(self, data: bytes, *, is_last: bool) -> bytes:
        """Return the plain bytes of a piece.

        Raises:
            HTTPException: The body is larger than allowed, or not compressed as it says.
        """
        if self._is_plain is None and data:
            self._is_plain = not data.startswith(_FIRST_BYTES)
        if self._is_plain is not False:
            return data
        try:
            plain = self._inflate(data)
        except zlib.error:
            raise HTTPException(
                400, "the body is not compressed as content-encoding says"
            ) from None
        if is_last and self._codec is not None and not self._codec.eof:
            raise HTTPException(400, "the compressed body ends before its end")
        return plain

    def _inflate(self, data: bytes) -> bytes:
        plain = []
        while data:
            if self._codec is None or self._codec.eof:
                self._codec = zlib.decompressobj(_GZIP_OR_ZLIB)
            # One byte more than is left tells that there is more.
            piece = self._codec.decompress(data, self._left + 1)
            self._left -= len(piece)
            if self._left < 0:
                message = f"the decompressed body is too large, at most {self._most_bytes} bytes"
                raise HTTPException(413, f"{message} are allowed")
            plain.append(piece)
            data = self._codec.unused_data
        return b"".join(plain)


def _coding(headers: Headers) -> str:
    """Return the coding of a body; nothing if it is plain."""
    coding = headers.get("content-encoding", "").strip().lower()
    return "" if coding in _PLAIN else coding


async def _read_to_the_end(receive: Receive, message: Message) -> None:
    """Read what a client still sends, who would otherwise not see the answer."""
    while message.get("more_body"):
        message = await receive()
