"""The relay over bare ASGI: silence, slowness, and leaving."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from lambda_api.chat.stream import ChatStream
from lambda_api.streaming.response import RelayResponse
from lambda_api.streaming.sse import KEEP_ALIVE
from tests.support.service.fake_upstream import FakeStream

EVENT = b'data: {"choices":[]}\n\n'
DONE = b"data: [DONE]\n\n"


class SlowStream(FakeStream):
    """Waits before a part until it is closed."""

    def __init__(self, *parts, wait=0.0):
        super().__init__(parts)
        self.wait = wait
        self.left = threading.Event()

    def __iter__(self):
        for part in self.parts:
            self.left.wait(self.wait)
            yield part

    def close(self):
        super().close()
        self.left.set()


def relay(source, *, keep_alive_seconds=10.0, receive=None, send=None):
    """Run a response; give the messages it sent."""
    stream = ChatStream(source, model_id="twin", choices=1, shows_usage=False)
    sent = []

    async def never():
        await asyncio.Event().wait()

    async def keep(message):
        sent.append(message)

    async def run():
        response = RelayResponse(stream, keep_alive_seconds)
        await response({"type": "http"}, receive or never, send or keep)

    asyncio.run(run())
    return stream, sent


def body_of(sent):
    return b"".join(message.get("body", b"") for message in sent)


def test_the_answer_is_an_event_stream_nobody_collects():
    _, (start, *_, last) = relay(FakeStream([EVENT, DONE]))

    headers = dict(start["headers"])
    assert headers[b"content-type"] == b"text/event-stream; charset=utf-8"
    assert headers[b"cache-control"] == b"no-cache"
    assert last == {"type": "http.response.body", "body": b"", "more_body": False}


def test_silence_is_filled_with_comments_between_events():
    _, sent = relay(SlowStream(EVENT, DONE, wait=0.2), keep_alive_seconds=0.03)

    body = body_of(sent)
    assert body.count(KEEP_ALIVE) >= 4
    assert body.replace(KEEP_ALIVE, b"") == EVENT + DONE


def test_a_lively_stream_has_no_comments():
    _, sent = relay(FakeStream([EVENT] * 1000 + [DONE]), keep_alive_seconds=5)

    assert body_of(sent) == EVENT * 1000 + DONE


def test_a_slow_client_gets_everything_and_slows_the_reading():
    sent = []
    source = FakeStream([EVENT] * 2000 + [DONE])

    async def slowly(message):
        await asyncio.sleep(0.001)
        sent.append(message)

    relay(source, send=slowly)

    assert body_of(sent) == EVENT * 2000 + DONE
    assert len(sent) < 200


def test_a_client_that_leaves_closes_the_source():
    source = SlowStream(*[EVENT] * 3, wait=30)

    async def leave():
        await asyncio.sleep(0.02)
        return {"type": "http.disconnect"}

    started = time.perf_counter()
    stream, _ = relay(source, receive=leave)

    assert stream.was_abandoned
    assert source.closed
    assert time.perf_counter() - started < 15


def test_a_cancelled_response_closes_the_source():
    source = SlowStream(EVENT, wait=30)
    stream = ChatStream(source, model_id="twin", choices=1, shows_usage=False)

    async def never():
        await asyncio.Event().wait()

    async def ignore(_message):
        pass

    async def run():
        await asyncio.wait_for(RelayResponse(stream)({"type": "http"}, never, ignore), 0.05)

    with pytest.raises(TimeoutError):
        asyncio.run(run())
    assert source.closed
