"""The engine as an upstream: its refusals, and an engine that breaks off or is gone."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from lambda_api.chat.stream import ChatStream
from lambda_api.errors import (
    ContextLengthError,
    EngineError,
    InvalidRequestError,
    NotReadyError,
    ServiceError,
    StreamBrokenError,
    UpstreamTimeoutError,
)
from lambda_api.llama_cpp.server import Server
from lambda_api.llama_cpp.upstream import LoopbackEngine

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
EVENT = b'data: {"model":"m","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
CHUNK = b"%x\r\n%b\r\n" % (len(EVENT), EVENT)


@contextmanager
def engine(answer: Callable[[socket.socket], None], **settings: float) -> Iterator[LoopbackEngine]:
    """A server that takes one request, and answers it as it is told."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(64 * 1024)
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        server = Server(listener.getsockname()[1], "key", None)
        yield LoopbackEngine(server, settings.get("timeout", 30), give_up=lambda: None)
        thread.join()


def whole(status: str, body: bytes) -> Callable[[socket.socket], None]:
    head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    return lambda connection: connection.sendall(head + body)


def test_answer_passes_as_it_is() -> None:
    with engine(lambda c: c.sendall(HEAD + CHUNK + b"0\r\n\r\n")) as upstream:
        stream = upstream.open_stream(b"{}")
        assert stream.content_type == "text/event-stream"
        assert b"".join(stream) == EVENT
    with engine(whole("200 OK", b"{}")) as upstream:
        assert upstream.complete(b"{}") == b"{}"


@pytest.mark.parametrize(
    ("status", "message", "error"),
    [
        ("400 Bad Request", "exceeds the available context size", ContextLengthError),
        ("400 Bad Request", "no such role", InvalidRequestError),
        ("503 Unavailable", "loading", NotReadyError),
        ("500 Error", "oops", EngineError),
    ],
)
def test_refusals_are_those_of_an_endpoint(
    status: str, message: str, error: type[ServiceError]
) -> None:
    body = b'{"error":{"message":"%b"}}' % message.encode()
    with engine(whole(status, body)) as upstream, pytest.raises(error):
        upstream.open_stream(b"{}")


def test_an_engine_that_ends_in_mid_stream_is_one_error_event() -> None:
    with engine(lambda c: c.sendall(HEAD + CHUNK)) as upstream:
        stream = ChatStream(upstream.open_stream(b"{}"), model_id="m", choices=1, shows_usage=False)
        told = b"".join(stream)
    assert told.startswith(EVENT)
    assert told.count(b'data: {"error"') == 1
    assert b"[DONE]" not in told
    assert isinstance(stream.error, StreamBrokenError)


def test_silence_is_a_timeout() -> None:
    done = threading.Event()
    with engine(lambda c: (c.sendall(HEAD), done.wait())[0], timeout=0.05) as upstream:
        stream = upstream.open_stream(b"{}")
        with pytest.raises(UpstreamTimeoutError):
            b"".join(stream)
        done.set()


def test_close_wakes_a_reader_and_is_no_failure() -> None:
    done = threading.Event()
    with engine(lambda c: (c.sendall(HEAD + CHUNK), done.wait())[0]) as upstream:
        stream = upstream.open_stream(b"{}")
        parts = iter(stream)
        assert next(parts) == EVENT
        threading.Timer(0.05, stream.close).start()
        assert b"".join(parts) == b""
        done.set()


def test_a_dead_engine_ends_the_process_and_says_not_ready() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ended: list[bool] = []
    upstream = LoopbackEngine(Server(port, "key", None), 1, give_up=lambda: ended.append(True))
    with pytest.raises(NotReadyError):
        upstream.open_stream(b"{}")
    assert ended == [True]
