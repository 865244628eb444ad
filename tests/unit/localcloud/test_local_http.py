"""One request to a process on this machine: what comes back, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from localcloud.local_http import UpstreamError, open_exchange

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def against(answer: Answer, client: Callable[[int], Awaitable[None]]) -> None:
    """Run `client(port)` against a server that answers one connection with `answer`."""

    async def run() -> None:
        closed = asyncio.Event()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            await answer(reader, writer)
            writer.close()
            await writer.wait_closed()
            closed.set()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        async with server:
            await client(server.sockets[0].getsockname()[1])
            await closed.wait()

    asyncio.run(run())


def test_pieces_are_given_as_they_arrive() -> None:
    first_given = asyncio.Event()

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\nX-A: 2\r\n\r\n")
        writer.write(b"1\r\na\r\n")
        await first_given.wait()
        writer.write(b"1\r\nb\r\n0\r\n\r\n")

    async def client(port: int) -> None:
        exchange = await open_exchange(port, "GET", "/", [("host", "here")])
        pieces = exchange.body()
        assert await anext(pieces) == b"a"
        first_given.set()
        assert [piece async for piece in pieces] == [b"b"]
        exchange.close()
        assert exchange.status == 201
        assert [value for name, value in exchange.headers if name == b"x-a"] == [b"1", b"2"]

    against(answer, client)


def test_request_is_framed_by_its_length() -> None:
    received: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readexactly(4))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async def client(port: int) -> None:
        exchange = await open_exchange(port, "POST", "/p?q=1", [("host", "here")], b"body")
        assert [piece async for piece in exchange.body()] == []
        exchange.close()

    against(answer, client)
    assert received == [b"body"]


def test_answer_that_breaks_off_is_an_error() -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")

    async def client(port: int) -> None:
        exchange = await open_exchange(port, "GET", "/", [("host", "here")])
        with pytest.raises(UpstreamError):
            [piece async for piece in exchange.body()]
        exchange.close()

    against(answer, client)


@pytest.mark.parametrize("reply", [b"", b"not HTTP\r\n\r\n"])
def test_no_answer_is_an_error(reply: bytes) -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)

    async def client(port: int) -> None:
        with pytest.raises(UpstreamError):
            await open_exchange(port, "GET", "/", [("host", "here")])

    against(answer, client)


def test_refused_connection_is_an_error() -> None:
    with pytest.raises(UpstreamError):
        asyncio.run(open_exchange(1, "GET", "/", [("host", "here")]))
