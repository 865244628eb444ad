from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from localcloud.awsjson.service import Scope
from localcloud.engines import engine_for
from localcloud.sagemaker.inference.invocation import (
    Invocation,
    RuntimeServiceError,
    StreamEndedError,
    answer,
    stream,
)
from localcloud.sagemaker.replicas.container_call import ReplicaGoneError
from localcloud.sagemaker.replicas.traffic import Traffic

CONTAINER = SimpleNamespace(engine=engine_for("llama-cpp"))

Engine = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def invoke(engine: Engine, *, streams: bool, seconds: float = 60) -> list[dict[str, Any]]:
    """Send a request to an engine; return the ASGI messages of the answer."""
    return asyncio.run(invoked(engine, streams, seconds))


async def invoked(engine: Engine, streams: bool, seconds: float) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    async with await asyncio.start_server(engine, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        log = SimpleNamespace(arn="arn:aws:logs:us-east-1:000000000042:log-group:g:log-stream:s")
        try:
            with suppress(StreamEndedError):
                replica = SimpleNamespace(port=port, container=CONTAINER, log=log)
                await ask(replica, streams, sent, seconds)
        finally:
            await hung_up()
    return sent


async def ask(replica: Any, streams: bool, sent: list[dict[str, Any]], seconds: float = 60) -> None:
    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = Scope("000000000042", "us-east-1")
    group = "/aws/sagemaker/Endpoints/e"
    request = Invocation(Traffic(), group, scope, {}, b"{}", streams, seconds)
    if streams:
        await stream(request, replica, "variant", send, on_first_chunk=lambda: None)
    else:
        await answer(request, replica, "variant", send)


async def hung_up() -> None:
    """Let the engine's connections close before their event loop does."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def engine(*parts: bytes, then_wait: float = 0) -> Engine:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.writelines(parts)
            await asyncio.sleep(then_wait)
        finally:
            writer.close()

    return serve


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
PIECE = b"5\r\nhello\r\n"


def stream_error(sent: list[dict[str, Any]]) -> dict[str, str]:
    buffer = EventStreamBuffer()
    buffer.add_data(b"".join(message["body"] for message in sent[1:]))
    *parts, error = [event.to_response_dict() for event in buffer]
    assert [part["body"] for part in parts] == [b"hello"]
    return dict(json.loads(error["body"]))


def test_stream_that_breaks_ends_in_an_error_event() -> None:
    sent = invoke(engine(HEAD, PIECE), streams=True)
    assert stream_error(sent)["ErrorCode"] == "StreamBroken"
    assert sent[-1] == {"type": "http.response.body", "body": b""}


def test_stream_that_takes_too_long_ends_in_an_error_event() -> None:
    sent = invoke(engine(HEAD, PIECE, then_wait=600), streams=True, seconds=1)
    assert stream_error(sent)["ErrorCode"] == "ModelInvocationTimeExceeded"


@pytest.mark.parametrize("streams", [True, False])
def test_answer_that_does_not_begin_in_time_is_a_model_error(streams: bool) -> None:
    with pytest.raises(RuntimeServiceError, match="Your invocation timed out") as caught:
        invoke(engine(then_wait=600), streams=streams, seconds=0.1)
    assert (caught.value.status, caught.value.document["OriginalStatusCode"]) == (424, 0)


@pytest.mark.parametrize("streams", [True, False])
def test_engine_that_hangs_up_is_a_model_error(streams: bool) -> None:
    with pytest.raises(RuntimeServiceError, match="closed the connection") as caught:
        invoke(engine(), streams=streams)
    assert caught.value.code == "ModelError"


@pytest.mark.parametrize("streams", [True, False])
def test_engines_error_keeps_its_status_and_text(streams: bool) -> None:
    refusal = b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nwait"
    with pytest.raises(RuntimeServiceError, match=r"Received server error \(503\)") as caught:
        invoke(engine(refusal), streams=streams)
    assert caught.value.document["OriginalStatusCode"] == 503
    assert caught.value.document["OriginalMessage"] == "wait"


@pytest.mark.parametrize("streams", [True, False])
def test_dead_replica_leaves_the_rotation_and_the_request_is_free_to_go_elsewhere(
    streams: bool,
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    left: list[int] = []
    replica: Any = SimpleNamespace(port=port, container=CONTAINER, leave_rotation=left.append)
    with pytest.raises(ReplicaGoneError):
        asyncio.run(ask(replica, streams, []))
    assert left == [port]
