"""The three ways to meet a caller at a cold endpoint."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import pytest
from starlette.requests import Request
from starlette.responses import Response

from lambda_api.cold_start.held_answer import HeldResponse
from lambda_api.cold_start.monitor import WakeMonitor
from lambda_api.cold_start.strategies import (
    EnqueueStrategy,
    HoldStrategy,
    MonitoredUpstream,
    PendingRequest,
    RejectStrategy,
)
from lambda_api.cold_start.waiting_room import WaitingRoom
from lambda_api.errors import InvalidRequestError, NotReadyError, StorageError
from lambda_api.http.request_log import RequestRecord
from tests.support.service.cold_endpoint import ColdEndpoint
from tests.support.service.fake_upstream import FakeStream, FakeUpstream
from tests.support.service.memory_wakes import MemoryWakeTable

ANSWER, QUEUED = Response("answer"), Response("queued")


@dataclass(frozen=True)
class FakeRequest(PendingRequest):
    """Answers what it is told, once for each time it is asked."""

    answers: list
    queued: Response | None = None
    upstreams: list = field(default_factory=list)

    def answer(self, upstream=None):
        self.upstreams.append(upstream)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def enqueue(self):
        return self.queued


def pending(*answers, queued=None, is_streamed=False):
    scope = {"type": "http", "twin.record": RequestRecord("id")}
    return FakeRequest(Request(scope), is_streamed, list(answers), queued)


@pytest.fixture
def table():
    return MemoryWakeTable()


@pytest.fixture
def room(table):
    monitor = WakeMonitor(lambda: table, 300)
    with pytest.raises(NotReadyError):
        monitor.call(ColdEndpoint().ask)
    return WaitingRoom(monitor, 100)


@pytest.fixture
def hold(room):
    return HoldStrategy(room, FakeUpstream, 600)


@pytest.mark.parametrize("way", ["hold", "enqueue", "reject"])
def test_an_answer_is_an_answer(hold, table, way):
    request = pending(ANSWER, queued=QUEUED)
    ways = {"hold": hold, "enqueue": EnqueueStrategy(), "reject": RejectStrategy()}

    assert ways[way].answer(request) is ANSWER
    assert request.upstreams == [None]
    assert table.wake.places == {}


@pytest.mark.parametrize("way", ["hold", "enqueue", "reject"])
def test_what_is_wrong_with_a_request_is_said_at_once(hold, table, way):
    ways = {"hold": hold, "enqueue": EnqueueStrategy(), "reject": RejectStrategy()}

    with pytest.raises(InvalidRequestError):
        ways[way].answer(pending(InvalidRequestError("no"), queued=QUEUED))
    assert table.wake.places == {}


def test_who_is_rejected_learns_why(room):
    error = NotReadyError("no", retry_after_seconds=7)

    for way in (RejectStrategy(), EnqueueStrategy()):
        with pytest.raises(NotReadyError) as caught:
            way.answer(pending(error))
        assert caught.value is error


def test_what_can_be_queued_is():
    assert EnqueueStrategy().answer(pending(NotReadyError("no"), queued=QUEUED)) is QUEUED


@pytest.mark.parametrize(
    ("is_streamed", "hold_seconds", "longest"),
    [(True, 600, 600), (False, 600, 240), (False, 100, 100)],
)
def test_a_request_has_a_place_for_as_long_as_it_may_be_held(
    room, table, is_streamed, hold_seconds, longest
):
    request = pending(NotReadyError("no"), ANSWER, is_streamed=is_streamed)
    answer = HoldStrategy(room, FakeUpstream, hold_seconds).answer(request)
    ((place, until),) = table.wake.places.items()

    assert isinstance(answer, HeldResponse) != is_streamed
    assert place == request.record.hold.place
    assert until == pytest.approx(time.time() + longest + 10, abs=2)


def test_a_stream_that_fails_before_it_waits_gives_its_place_back(hold, table):
    request = pending(NotReadyError("no"), StorageError("no"), is_streamed=True)

    with pytest.raises(StorageError):
        hold.answer(request)
    assert table.calls[-2:] == ["take", "give_back"]
    assert table.wake.places == {}


def test_an_upstream_that_is_known_to_be_cold_is_left_alone(room):
    upstream = FakeUpstream()
    monitored = MonitoredUpstream(upstream, room.monitor)

    for ask in (monitored.complete, monitored.open_stream):
        with pytest.raises(NotReadyError):
            ask(b"{}", "prefix")
    assert upstream.payloads == []


def test_an_upstream_gets_what_is_asked_of_it():
    upstream = FakeUpstream(b"answer", FakeStream([]))
    monitored = MonitoredUpstream(upstream, WakeMonitor(MemoryWakeTable, 300))

    assert monitored.complete(b"1", "a") == b"answer"
    assert monitored.open_stream(b"2") is upstream.stream
    assert upstream.payloads == [b"1", b"2"]
    assert upstream.prefixes == ["a", None]
