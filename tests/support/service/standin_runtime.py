"""A stand-in SageMaker Runtime: real HTTP, real event-stream frames, any answer a test wants.

`python standin_runtime.py` serves one fixed answer, for benchmarks.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32


@dataclass(frozen=True)
class Received:
    """A call as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """A whole answer."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """An exception event inside a stream, such as ModelStreamError."""

    kind: str
    message: str


CUT = object()
"""A step: the connection breaks here."""


HANG_UP = Reply(0, b"")
"""The connection closes without an answer."""

SILENCE = Reply(-1, b"")
"""No answer comes; the connection stays."""


@dataclass(frozen=True)
class Stream:
    """An answer in steps: payload parts, seconds to wait, a Fault, or CUT."""

    steps: Iterable[Any]
    content_type: str = "text/event-stream"


def service_error(status: int, code: str, message: str, **fields: Any) -> Reply:
    """An error as the service sends it."""
    body = json.dumps({"Message": message, **fields}).encode()
    return Reply(status, body, {"x-amzn-errortype": code, "content-type": "application/json"})


def frame(payload: bytes, headers: dict[str, str]) -> bytes:
    """One message: smithy.io/2.0/aws/amazon-eventstream.html."""
    block = b"".join(
        struct.pack("!B", len(name)) + name.encode() + b"\x07" + struct.pack("!H", len(value))
        + value.encode()
        for name, value in headers.items()
    )  # fmt: skip
    prelude = struct.pack("!II", 16 + len(block) + len(payload), len(block))
    message = prelude + struct.pack("!I", crc32(prelude)) + block + payload
    return message + struct.pack("!I", crc32(message))


def part(payload: bytes) -> bytes:
    """A PayloadPart."""
    return frame(
        payload,
        {
            ":event-type": "PayloadPart",
            ":content-type": "application/octet-stream",
            ":message-type": "event",
        },
    )


def fault_frame(fault: Fault) -> bytes:
    return frame(
        json.dumps({"Message": fault.message}).encode(),
        {
            ":exception-type": fault.kind,
            ":content-type": "application/json",
            ":message-type": "exception",
        },
    )


class StandInRuntime:
    """The server. `answer` decides what to say; `received` is what came."""

    def __init__(self, answer: Callable[[Received], Reply | Stream] | Reply | Stream) -> None:
        self.answer = answer
        self.received: list[Received] = []
        self.client_left = threading.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, port: int = 0) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    await self._exchange(await _read_request(reader, writer), reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            writer.close()

    async def _exchange(
        self, request: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.received.append(request)
        answer = self.answer(request) if callable(self.answer) else self.answer
        if answer is HANG_UP:
            raise ConnectionAbortedError
        if answer is SILENCE:
            await reader.read()
            raise ConnectionResetError
        if isinstance(answer, Reply) and answer.status == 200 and request.path.endswith("stream"):
            # What SageMaker makes of a container that streams nothing.
            answer = Stream([answer.body], "application/json")
        if isinstance(answer, Reply):
            writer.write(_reply_bytes(answer))
            return await writer.drain()
        watch = asyncio.ensure_future(self._watch(reader))
        try:
            await self._stream(answer, writer, watch)
        finally:
            watch.cancel()
            await asyncio.wait([watch])

    async def _watch(self, reader: asyncio.StreamReader) -> None:
        with suppress(ConnectionError):
            if await reader.read(1):
                raise RuntimeError("the client spoke before its answer was over")
        self.client_left.set()

    async def _stream(
        self, answer: Stream, writer: asyncio.StreamWriter, client_left: asyncio.Future[None]
    ) -> None:
        writer.write(_stream_head(answer))
        for step in answer.steps:
            if client_left.done():
                raise ConnectionResetError
            if step is CUT:
                writer.transport.abort()
                raise ConnectionAbortedError
            if isinstance(step, float | int):
                await asyncio.wait([client_left], timeout=step)
            else:
                framed = fault_frame(step) if isinstance(step, Fault) else part(step)
                writer.write(b"%x\r\n%b\r\n" % (len(framed), framed))
                await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
    if headers.get("expect") == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    method, path, _ = first.split()
    return Received(path, headers, body, method)


def _reply_bytes(reply: Reply) -> bytes:
    headers = {"content-type": "application/json", **reply.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {reply.status} X\r\n{lines}content-length: {len(reply.body)}\r\n\r\n"
    return head.encode() + reply.body


def _stream_head(stream: Stream) -> bytes:
    return (
        "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\n"
        f"x-amzn-sagemaker-content-type: {stream.content_type}\r\n"
        "x-amzn-invoked-production-variant: AllTraffic\r\ntransfer-encoding: chunked\r\n\r\n"
    ).encode()


@contextmanager
def running(runtime: StandInRuntime) -> Iterator[StandInRuntime]:
    """Serve from a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(runtime.start(), loop).result(5)
    try:
        yield runtime
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0)


def chunk(content: str = "", *, model: str = "served", **fields: Any) -> bytes:
    """A chat completion chunk as vLLM writes it."""
    choice = {"index": 0, "delta": {"content": content}, "logprobs": None, "finish_reason": None}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1763881200,
        "model": model,
        "choices": [choice | fields],
    }
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def usage_chunk(prompt: int, completion: int, *, model: str = "served") -> bytes:
    """The chunk `include_usage` adds."""
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1763881200,
        "model": model,
        "choices": [],
        "usage": {
            "prompt_tokens": prompt,
            "total_tokens": prompt + completion,
            "completion_tokens": completion,
        },
    }
    return json.dumps(body, separators=(",", ":")).encode()


def event(data: bytes) -> bytes:
    """A server-sent event."""
    return b"data: " + data + b"\n\n"


DONE = event(b"[DONE]")


def completion_events(words: Sequence[str], *, prompt: int = 7) -> list[bytes]:
    """A whole streamed answer, one event a word."""
    return [
        *(event(chunk(word)) for word in words),
        event(chunk("", delta={}, finish_reason="stop")),
        event(usage_chunk(prompt, len(words))),
        DONE,
    ]


def completion(content: str, *, prompt: int = 7, tokens: int = 3) -> Reply:
    """A whole answer, not streamed."""
    message = {"role": "assistant", "content": content}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1763881200,
        "model": "served",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": tokens,
            "total_tokens": prompt + tokens,
        },
    }
    return Reply(200, json.dumps(body, ensure_ascii=False).encode())


def _fixed(tokens: int, gap_seconds: float) -> Callable[[Received], Reply | Stream]:
    whole = completion("word " * tokens, tokens=tokens)

    def answer(call: Received) -> Reply | Stream:
        if not call.json.get("stream"):
            return whole
        words = [f"word{n} " for n in range(min(tokens, call.json.get("max_tokens", tokens)))]
        first, *others = completion_events(words)
        # What ends an answer comes with its last token.
        spoken, end = others[: len(words) - 1], others[len(words) - 1 :]
        gaps = [step for item in spoken for step in (gap_seconds, item) if step]
        return Stream([first, *gaps, *end])

    return answer


async def _serve_for_ever(port: int, tokens: int, gap_seconds: float) -> None:
    server = await StandInRuntime(_fixed(tokens, gap_seconds)).start(port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--gap-ms", type=float, default=0.0)
    options = parser.parse_args()
    asyncio.run(_serve_for_ever(options.port, options.tokens, options.gap_ms / 1000))
