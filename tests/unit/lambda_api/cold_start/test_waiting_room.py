"""Held requests of one process: who waits, who asks, who goes, and what becomes of their places."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from threading import enumerate as threads_alive

import pytest

from lambda_api.cold_start.monitor import Pace, WakeMonitor
from lambda_api.cold_start.waiting_room import WaitingRoom
from lambda_api.errors import EndpointMissingError, NoCapacityError, NotReadyError
from tests.support.eventually import eventually
from tests.support.service.cold_endpoint import BrokenTable, ColdEndpoint
from tests.support.service.memory_wakes import MemoryWakeTable

PACE = Pace(poll_seconds=0.02, probe_seconds=0.05)
LONG = 10.0
"""Longer than any test waits: what ends sooner did not end by this."""


@pytest.fixture
def table():
    return MemoryWakeTable()


@pytest.fixture
def endpoint():
    return ColdEndpoint()


@pytest.fixture
def watchers():
    """The threads of this test's rooms; one of an earlier test may still be ending."""
    before = set(threads_alive())

    def watchers():
        new = set(threads_alive()) - before
        return [thread for thread in new if thread.name == "wake-monitor"]

    return watchers


@pytest.fixture
def process(table, endpoint, watchers):
    """Makes a process's room, which has found the endpoint cold."""

    def process(most=100):
        monitor = WakeMonitor(lambda: table, 300, pace=PACE)
        with suppress(NotReadyError):
            monitor.call(endpoint.ask)
        return WaitingRoom(monitor, most)

    return process


@pytest.fixture
def room(process):
    return process()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(60) as pool:
        yield pool


def test_a_held_request_is_answered_when_capacity_comes(room, endpoint, table, pool, watchers):
    held = room.admit(LONG)
    answer = pool.submit(held.wait_and_call, endpoint.ask)
    eventually(lambda: endpoint.asked >= 3)
    assert not answer.done()
    assert list(table.wake.places) == [held.place]

    endpoint.error = None

    assert answer.result(LONG) == "answer"
    assert table.wake.places == {}
    assert table.wake.last_start_seconds == pytest.approx(held.held_seconds, abs=0.1)
    eventually(lambda: not watchers())


def test_while_many_wait_one_at_a_time_asks(room, endpoint, table, pool, watchers):
    eventually(lambda: not watchers())
    asked_before = endpoint.asked
    began = time.monotonic()
    answers = [pool.submit(room.admit(LONG).wait_and_call, endpoint.ask) for _ in range(50)]
    eventually(lambda: endpoint.asked >= asked_before + 5)
    took = time.monotonic() - began
    asked = endpoint.asked - asked_before
    endpoint.error = None

    assert [answer.result(LONG) for answer in answers] == ["answer"] * 50
    assert asked <= took / PACE.probe_seconds + 1
    assert table.calls.count("read") <= (time.monotonic() - began) / PACE.poll_seconds + 1
    assert len(watchers()) <= 1


def test_two_processes_share_a_wake(process, endpoint, table, pool):
    rooms = [process(), process()]
    requests = [room.admit(LONG) for room in rooms for _ in range(5)]
    answers = [pool.submit(held.wait_and_call, endpoint.ask) for held in requests]
    eventually(lambda: endpoint.asked >= 6)
    assert table.wake.places.keys() == {held.place for held in requests}
    asked = endpoint.asked
    endpoint.error = None

    assert [answer.result(LONG) for answer in answers] == ["answer"] * 10
    assert endpoint.asked == asked + 10
    assert table.calls.count("end") == 1


def test_more_than_the_most_are_refused(process, table):
    one, other = process(most=2), process(most=2)
    one.admit(LONG)
    held = other.admit(LONG)

    for room in (one, other):
        with pytest.raises(NotReadyError, match="2 requests wait") as caught:
            room.admit(LONG)
        assert caught.value.retry_after_seconds == 300

    other.release(held)
    one.admit(LONG)
    assert len(table.wake.places) == 2


def test_who_leaves_gives_its_place_back(room, endpoint, table, pool):
    held = room.admit(LONG)
    answer = pool.submit(held.wait_and_call, endpoint.ask)

    held.leave()

    with pytest.raises(NotReadyError):
        answer.result(1)
    assert held.has_left
    assert table.wake.places == {}


def test_who_waits_too_long_is_told_when_to_come_back(room, endpoint, table):
    held = room.admit(0.1)

    with pytest.raises(NotReadyError, match="did not start within 0 s") as caught:
        held.wait_and_call(endpoint.ask)

    assert caught.value.retry_after_seconds == 300
    assert held.held_seconds == pytest.approx(0.1, abs=0.05)
    assert table.wake.places == {}


def test_a_killed_functions_place_is_taken_over_once_it_lapsed(process, table):
    dead = process(most=1).admit(LONG).place
    room = process(most=1)
    with pytest.raises(NotReadyError):
        room.admit(LONG)

    table.wake = replace(table.wake, places={dead: time.time() - 1})

    assert list(table.wake.places) == [dead]
    assert list(table.wake.places) != [room.admit(LONG).place]
    assert len(table.wake.places) == 1


def test_a_place_lapses_soon_after_its_request_would_have_gone(room, table):
    held = room.admit(LONG)

    assert table.wake.places[held.place] == pytest.approx(time.time() + LONG + 10, abs=1)


def test_if_the_wake_fails_all_meet_the_real_error(process, endpoint, pool):
    rooms = [process(), process()]
    answers = [
        pool.submit(room.admit(LONG).wait_and_call, endpoint.ask)
        for room in rooms
        for _ in range(5)
    ]
    endpoint.error = EndpointMissingError("it is gone")

    for answer in answers:
        with pytest.raises(EndpointMissingError):
            answer.result(LONG)


def test_capacity_that_goes_again_is_waited_for_again(room, endpoint, table, pool):
    """One is answered; the others find the endpoint cold once more, and are held in a new wake."""
    first_wake = table.wake.started_at
    first_answers = iter([NoCapacityError("no"), NoCapacityError("no"), "answer"])

    def ask():
        answer = next(first_answers, None) or endpoint.ask()
        if isinstance(answer, NoCapacityError):
            raise answer
        return answer

    answers = [pool.submit(room.admit(LONG).wait_and_call, ask) for _ in range(10)]
    eventually(lambda: table.wake.started_at not in {first_wake, None})
    eventually(lambda: len(table.wake.places) == 9)
    assert sum(answer.done() for answer in answers) == 1
    endpoint.error = None

    assert [answer.result(LONG) for answer in answers] == ["answer"] * 10
    assert table.wake.last_start_seconds < 5


def test_a_wake_that_ended_before_the_request_entered_is_no_wait(room, endpoint, table):
    endpoint.error = None
    table.end(table.wake, time.time(), 1.0)

    assert room.admit(LONG).wait_and_call(endpoint.ask) == "answer"


def test_without_the_table_nobody_is_held(endpoint):
    monitor = WakeMonitor(BrokenTable, 300, pace=PACE)
    with suppress(NotReadyError):
        monitor.call(endpoint.ask)

    with pytest.raises(NotReadyError) as caught:
        WaitingRoom(monitor, 100).admit(LONG)
    assert caught.value.retry_after_seconds == 300


def test_the_room_is_watched_by_one_thread_for_as_long_as_somebody_waits(room, endpoint, watchers):
    eventually(lambda: not watchers())
    requests = [room.admit(LONG) for _ in range(3)]
    eventually(lambda: len(watchers()) == 1)

    for held in requests:
        held.leave()
        Thread(target=lambda held=held: _ask_in_vain(held, endpoint)).start()

    eventually(lambda: not watchers())


def _ask_in_vain(held, endpoint):
    with pytest.raises(NotReadyError):
        held.wait_and_call(endpoint.ask)
