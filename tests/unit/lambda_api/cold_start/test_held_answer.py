"""Answers that begin when the endpoint can give them."""

from __future__ import annotations

import pytest

from lambda_api.cold_start.held_answer import HeldStream, HeldUpstream
from lambda_api.cold_start.monitor import WakeMonitor
from lambda_api.cold_start.waiting_room import WaitingRoom
from lambda_api.errors import NotReadyError
from tests.support.service.cold_endpoint import ColdEndpoint
from tests.support.service.fake_upstream import FakeStream, FakeUpstream
from tests.support.service.memory_wakes import MemoryWakeTable


@pytest.fixture
def held():
    """A request that is held while nothing is known of a wake, and so goes at once."""
    return WaitingRoom(WakeMonitor(MemoryWakeTable, 300), 100).admit(20)


def test_a_whole_answer_comes_when_it_can(held):
    upstream = FakeUpstream(b"answer")

    assert HeldUpstream(upstream, held).complete(b"{}", "prefix") == b"answer"
    assert (upstream.payloads, upstream.prefixes) == ([b"{}"], ["prefix"])


def test_a_stream_is_opened_when_it_is_read(held):
    upstream = FakeUpstream()
    upstream.stream = FakeStream([b"a", b"b"], "application/jsonlines")
    stream = HeldUpstream(upstream, held).open_stream(b"{}")
    assert (upstream.payloads, stream.content_type) == ([], "")

    assert list(stream) == [b"a", b"b"]
    assert stream.content_type == "application/jsonlines"


def test_a_stream_closed_while_it_was_opened_closes_its_source(held):
    source = FakeStream([])

    def open_stream():
        stream.close()
        return source

    stream = HeldStream(held, open_stream)

    assert list(stream) == []
    assert source.closed


def test_a_client_that_leaves_while_it_waits_is_not_answered(held):
    held.leave()

    with pytest.raises(NotReadyError) as caught:
        held.wait_and_call(ColdEndpoint(error=None).ask)
    assert caught.value.reason == "the client left"
