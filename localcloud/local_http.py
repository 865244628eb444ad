"""One HTTP/1.1 request to a process on this machine, with the answer read in pieces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import h11

from localcloud.settings import HOST

READ_BYTES = 64 * 1024

Headers = Iterable[tuple[str, str]]


class UpstreamError(Exception):
    """The process refused the connection, broke it off, or does not speak HTTP."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """An answer whose head has arrived. Close it, whether or not the body was read to its end.

    Attributes:
        headers: in the order sent, names in lower case.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    _connection: h11.Connection
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter

    @property
    def complete(self) -> bool:
        """True once the body was read to its end."""
        return self._connection.their_state not in (h11.IDLE, h11.SEND_BODY, h11.ERROR)

    async def body(self) -> AsyncIterator[bytes]:
        """Give each piece of the body as soon as it arrives.

        Raises:
            UpstreamError: The process broke the answer off.
        """
        while not isinstance(event := await _next_event(self._connection, self._reader), _ENDS):
            if isinstance(event, h11.Data):
                yield bytes(event.data)

    def close(self) -> None:
        """Drop the connection: how a server learns that nobody waits for the rest."""
        self._writer.close()


_ENDS = (h11.EndOfMessage, h11.ConnectionClosed)


async def open_exchange(
    port: int, method: str, target: str, headers: Headers, body: bytes = b""
) -> Exchange:
    """Send a request and wait for the head of its answer.

    Args:
        port: The process's port on the loopback address.
        method: For example `POST`.
        target: Path and query, encoded.
        headers: Without `Content-Length`, `Connection` and `Transfer-Encoding`.
        body: The whole body.

    Raises:
        UpstreamError: There is no answer to be had.
    """
    connection = h11.Connection(h11.CLIENT)
    framing = [("connection", "close"), ("content-length", str(len(body)))]
    request = h11.Request(method=method, target=target, headers=[*headers, *framing])
    try:
        reader, writer = await asyncio.open_connection(HOST, port)
    except OSError as error:
        raise UpstreamError(str(error)) from error
    try:
        parts = (request, h11.Data(data=body), h11.EndOfMessage())
        writer.write(b"".join(connection.send(part) or b"" for part in parts))
        while not isinstance(head := await _next_event(connection, reader), h11.Response):
            if isinstance(head, _ENDS):
                raise UpstreamError("the connection was closed before the answer")
    except BaseException:
        writer.close()
        raise
    return Exchange(
        status=head.status_code,
        headers=list(head.headers),
        _connection=connection,
        _reader=reader,
        _writer=writer,
    )


async def _next_event(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Event:
    try:
        while (event := connection.next_event()) is h11.NEED_DATA:
            connection.receive_data(await reader.read(READ_BYTES))
    except (OSError, h11.RemoteProtocolError) as error:
        raise UpstreamError(str(error)) from error
    if not isinstance(event, h11.Event):  # h11.PAUSED
        raise UpstreamError("the connection was switched to another protocol")
    return event
