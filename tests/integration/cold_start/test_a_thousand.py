"""A thousand callers at once before a cold endpoint do not become a thousand invocations."""

from __future__ import annotations

import asyncio
import json
import resource
import time
from collections import Counter

import pytest

from lambda_api.cold_start.monitor import Pace
from lambda_api.streaming.response import RelayResponse
from lambda_api.streaming.sse import KEEP_ALIVE
from tests.support.service.cold_world import ASKS, CHAT, WORDS

CALLERS, MOST = 1000, 900
ROUTE_THREADS = 40
"""That uvicorn runs plain routes in: so many first tries can be in flight together."""
PACE = Pace(poll_seconds=0.5, probe_seconds=1.0)


@pytest.fixture(autouse=True)
def _descriptors():
    """Each caller is four: its own, the service's, and both ends of an invocation."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, before[1]), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def call(port: int) -> tuple[int, bytes]:
    """One caller: its status, and all it is sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps({**ASKS[CHAT], "stream": True})
    head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
    writer.write(f"{head}content-length: {len(body)}\r\n\r\n{body}".encode())
    answer = await reader.read()
    writer.close()
    return int(answer.split(b" ", 2)[1]), answer


async def all_call(port: int, cold, wakes) -> list[tuple[int, bytes]]:
    """A thousand callers at once; the endpoint comes up when all have been held or sent away."""
    calls = [asyncio.create_task(call(port)) for _ in range(CALLERS)]
    refused_first = 0
    while sum(task.done() for task in calls) < CALLERS - MOST or len(wakes.wake.places) < MOST:
        await asyncio.sleep(0.05)
        refused_first = cold.refused
    while cold.refused < refused_first + 2:
        await asyncio.sleep(0.05)
    cold.is_up.set()
    return await asyncio.gather(*calls)


def test_a_thousand_first_requests_are_a_handful_of_invocations(serve, cold, wakes, monkeypatch):
    url = serve("hold", PACE, max_held_requests=MOST, hold_seconds=120)
    monkeypatch.setattr(RelayResponse, "keep_alive_seconds", 2.0)
    began = time.monotonic()

    answers = asyncio.run(all_call(int(url.rsplit(":", 1)[1]), cold, wakes))

    probes = (time.monotonic() - began) / PACE.probe_seconds + 1
    reads = (time.monotonic() - began) / PACE.poll_seconds + 1
    assert Counter(status for status, _ in answers) == {200: MOST, 503: CALLERS - MOST}
    assert cold.refused <= ROUTE_THREADS + probes
    assert cold.answered == MOST
    assert wakes.calls.count("begin") == 1
    assert wakes.calls.count("read") <= reads
    held = [body for status, body in answers if status == 200]
    assert all(b"[DONE]" in body and KEEP_ALIVE in body for body in held)
    assert sum(body.count(WORDS[1].encode()) for body in held) == MOST
    assert all(b"retry-after: " in body for status, body in answers if status == 503)
