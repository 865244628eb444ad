"""Held requests of one process: who waits, who asks, who goes, and what becomes of their places."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from threading import enumerate as threads_alive

import pytest

from lambda_api.cold_start.monitor import Pace, Watch
from lambda_api.cold_start.waiting_room import WaitingRoom
from lambda_api.errors import EndpointMissingError, NoCapacityError, NotReadyError
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
def process(table, endpoint):
    """Makes a process's room, which has found the endpoint cold."""

    def process(most=100):
        watch = Watch(lambda: table, 300, pace=PACE)
        with suppress(NotReadyError):
            watch.attempt(endpoint.ask)
        return WaitingRoom(watch, most)

    return process


@pytest.fixture
def room(process):
    return process()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(60) as pool:
        yield pool


def until(condition):
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def watchers():
    return [thread for thread in threads_alive() if thread.name == "wake-watch"]


def test_a_held_request_is_answered_when_capacity_comes(room, endpoint, table, pool):
    visit = room.enter(LONG)
    answer = pool.submit(visit.ask, endpoint.ask)
    until(lambda: endpoint.asked >= 3)
    assert not answer.done()
    assert list(table.wake.places) == [visit.place]

    endpoint.error = None

    assert answer.result(LONG) == "answer"
    assert table.wake.places == {}
    assert table.wake.last_start_seconds == pytest.approx(visit.held_seconds, abs=0.1)
    until(lambda: not watchers())


def test_while_many_wait_one_at_a_time_asks(room, endpoint, table, pool):
    until(lambda: not watchers())
    asked_before = endpoint.asked
    began = time.monotonic()
    answers = [pool.submit(room.enter(LONG).ask, endpoint.ask) for _ in range(50)]
    until(lambda: endpoint.asked >= asked_before + 5)
    took = time.monotonic() - began
    asked = endpoint.asked - asked_before
    endpoint.error = None

    assert [answer.result(LONG) for answer in answers] == ["answer"] * 50
    assert asked <= took / PACE.probe_seconds + 1
    assert table.calls.count("read") <= (time.monotonic() - began) / PACE.poll_seconds + 1
    assert len(watchers()) <= 1


def test_two_processes_share_a_wake(process, endpoint, table, pool):
    rooms = [process(), process()]
    visits = [room.enter(LONG) for room in rooms for _ in range(5)]
    answers = [pool.submit(visit.ask, endpoint.ask) for visit in visits]
    until(lambda: endpoint.asked >= 6)
    assert table.wake.places.keys() == {visit.place for visit in visits}
    asked = endpoint.asked
    endpoint.error = None

    assert [answer.result(LONG) for answer in answers] == ["answer"] * 10
    assert endpoint.asked == asked + 10
    assert table.calls.count("end") == 1


def test_more_than_the_most_are_refused(process, table):
    one, other = process(most=2), process(most=2)
    one.enter(LONG)
    held = other.enter(LONG)

    for room in (one, other):
        with pytest.raises(NotReadyError, match="2 requests wait") as caught:
            room.enter(LONG)
        assert caught.value.retry_after_seconds == 300

    other.dismiss(held)
    one.enter(LONG)
    assert len(table.wake.places) == 2


def test_who_leaves_gives_its_place_back(room, endpoint, table, pool):
    visit = room.enter(LONG)
    answer = pool.submit(visit.ask, endpoint.ask)

    visit.leave()

    with pytest.raises(NotReadyError):
        answer.result(1)
    assert visit.has_left
    assert table.wake.places == {}


def test_who_waits_too_long_is_told_when_to_come_back(room, endpoint, table):
    visit = room.enter(0.1)

    with pytest.raises(NotReadyError, match="did not start within 0 s") as caught:
        visit.ask(endpoint.ask)

    assert caught.value.retry_after_seconds == 300
    assert visit.held_seconds == pytest.approx(0.1, abs=0.05)
    assert table.wake.places == {}


def test_a_killed_functions_place_is_taken_over_once_it_lapsed(process, table):
    dead = process(most=1).enter(LONG).place
    room = process(most=1)
    with pytest.raises(NotReadyError):
        room.enter(LONG)

    table.wake = replace(table.wake, places={dead: time.time() - 1})

    assert list(table.wake.places) == [dead]
    assert list(table.wake.places) != [room.enter(LONG).place]
    assert len(table.wake.places) == 1


def test_a_place_lapses_soon_after_its_request_would_have_gone(room, table):
    visit = room.enter(LONG)

    assert table.wake.places[visit.place] == pytest.approx(time.time() + LONG + 10, abs=1)


def test_if_the_wake_fails_all_meet_the_real_error(process, endpoint, pool):
    rooms = [process(), process()]
    answers = [pool.submit(room.enter(LONG).ask, endpoint.ask) for room in rooms for _ in range(5)]
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

    answers = [pool.submit(room.enter(LONG).ask, ask) for _ in range(10)]
    until(lambda: table.wake.started_at not in {first_wake, None})
    until(lambda: len(table.wake.places) == 9)
    assert sum(answer.done() for answer in answers) == 1
    endpoint.error = None

    assert [answer.result(LONG) for answer in answers] == ["answer"] * 10
    assert table.wake.last_start_seconds < 5


def test_a_wake_that_ended_before_the_request_entered_is_no_wait(room, endpoint, table):
    endpoint.error = None
    table.end(table.wake, time.time(), 1.0)

    assert room.enter(LONG).ask(endpoint.ask) == "answer"


def test_without_the_table_nobody_is_held(endpoint):
    watch = Watch(BrokenTable, 300, pace=PACE)
    with suppress(NotReadyError):
        watch.attempt(endpoint.ask)

    with pytest.raises(NotReadyError) as caught:
        WaitingRoom(watch, 100).enter(LONG)
    assert caught.value.retry_after_seconds == 300


def test_the_room_is_watched_by_one_thread_for_as_long_as_somebody_waits(room, endpoint):
    until(lambda: not watchers())
    visits = [room.enter(LONG) for _ in range(3)]
    until(lambda: len(watchers()) == 1)

    for visit in visits:
        visit.leave()
        Thread(target=lambda held=visit: _ask_in_vain(held, endpoint)).start()

    until(lambda: not watchers())


def _ask_in_vain(visit, endpoint):
    with pytest.raises(NotReadyError):
        visit.ask(endpoint.ask)
