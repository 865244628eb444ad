"""One process's view of the wake: who asks the endpoint, how often, and what is learned."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from lambda_api.cold_start.monitor import Pace, WakeMonitor
from lambda_api.cold_start.wake import STALE_SECONDS
from lambda_api.errors import (
    EndpointMissingError,
    EngineError,
    InvalidRequestError,
    NoCapacityError,
    NotReadyError,
    ThrottledError,
    UpstreamError,
)
from tests.support.service.cold_endpoint import BrokenTable, Clock, ColdEndpoint
from tests.support.service.memory_wakes import MemoryWakeTable

PACE = Pace(poll_seconds=2, probe_seconds=5)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def table():
    return MemoryWakeTable()


@pytest.fixture
def starts():
    return []


@pytest.fixture
def process(table, clock, starts):
    """Makes a process's monitor."""
    return lambda: WakeMonitor(lambda: table, 300, pace=PACE, note_start=starts.append, clock=clock)


@pytest.fixture
def monitor(process):
    return process()


@pytest.fixture
def endpoint():
    return ColdEndpoint()


def refused(monitor, endpoint):
    with pytest.raises(NotReadyError) as caught:
        monitor.call(endpoint.ask)
    return caught.value


def test_a_warm_endpoint_is_asked_without_a_look_at_the_table(monitor, table, endpoint):
    endpoint.error = None

    assert monitor.call(endpoint.ask) == "answer"
    assert table.calls == []


def test_the_first_to_fail_begins_the_wake(monitor, table, endpoint, clock):
    error = refused(monitor, endpoint)

    assert error.retry_after_seconds == 300
    assert "try again in 300 s" in error.message
    assert table.wake.started_at == table.wake.probed_at == clock.now
    assert table.wake.from_zero


def test_an_endpoint_that_loads_is_not_at_zero(monitor, table, endpoint):
    endpoint.error = NotReadyError("no", reason="engine status 503")

    assert refused(monitor, endpoint).retry_after_seconds is None
    assert not table.wake.from_zero


def test_the_next_ones_do_not_ask(monitor, endpoint, clock):
    refused(monitor, endpoint)
    for _ in range(100):
        clock.now += 0.04
        refused(monitor, endpoint)

    assert endpoint.asked == 1


def test_of_many_first_ones_at_once_one_begins(monitor, table, endpoint):
    together = Barrier(20)

    def ask():
        together.wait()
        return endpoint.ask()

    def attempt(_):
        with pytest.raises(NotReadyError):
            monitor.call(ask)

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(attempt, range(20)))

    assert table.calls == ["begin"]
    assert monitor.wake == table.wake


def test_one_of_all_processes_asks_every_five_seconds(process, endpoint, clock):
    processes = [process() for _ in range(10)]
    for monitor in processes:
        refused(monitor, endpoint)
    first = endpoint.asked
    for _ in range(100):
        clock.now += 0.5
        for monitor in processes:
            refused(monitor, endpoint)

    assert first == 10
    assert 8 <= endpoint.asked - first <= 10


def test_a_process_reads_the_table_every_two_seconds(monitor, table, endpoint, clock):
    refused(monitor, endpoint)
    for _ in range(200):
        clock.now += 0.1
        refused(monitor, endpoint)

    assert 9 <= table.calls.count("read") <= 10


def test_callers_are_told_what_is_left(monitor, endpoint, clock):
    refused(monitor, endpoint)
    clock.now += 120

    assert refused(monitor, endpoint).retry_after_seconds == 180


def test_the_probe_that_is_answered_ends_the_wake_for_all(process, table, endpoint, clock, starts):
    one, other = process(), process()
    for _ in range(60):
        for monitor in (one, other):
            refused(monitor, endpoint)
        clock.now += 5
    endpoint.error = None

    assert one.call(endpoint.ask) == "answer"
    assert one.wake is None
    assert one.ended.is_set()
    assert table.wake.started_at is None
    assert table.wake.last_start_seconds == 300
    assert starts == [300]
    assert other.wake is not None
    assert other.call(endpoint.ask) == "answer"
    assert other.wake is None
    assert starts == [300]


def test_the_next_wake_is_told_by_the_last_start(process, endpoint, clock):
    monitor = process()
    for _ in range(83):
        refused(monitor, endpoint)
        clock.now += 5
    endpoint.error = None
    monitor.call(endpoint.ask)
    endpoint.error = NoCapacityError("no")
    clock.now += 3600

    assert refused(monitor, endpoint).retry_after_seconds == 415
    assert refused(process(), endpoint).retry_after_seconds == 415


def test_a_probe_whose_owner_died_is_taken_over(process, endpoint, clock):
    dying, living = process(), process()
    refused(dying, endpoint)
    refused(living, endpoint)
    clock.now += 5

    def killed():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dying.call(killed)
    endpoint.error = None
    refused(living, endpoint)
    clock.now += 5

    assert living.call(endpoint.ask) == "answer"


def test_a_wake_that_nobody_finished_is_not_taken_for_the_next(monitor, process, endpoint, clock):
    refused(monitor, endpoint)
    clock.now += 3600 * 8

    assert refused(process(), endpoint).retry_after_seconds == 300
    clock.now += 10
    assert refused(monitor, endpoint).retry_after_seconds == 290


def test_a_process_that_was_frozen_asks_again(monitor, process, endpoint, clock):
    refused(monitor, endpoint)
    clock.now += STALE_SECONDS
    endpoint.error = None

    assert monitor.call(endpoint.ask) == "answer"


@pytest.mark.parametrize("error", [EndpointMissingError, InvalidRequestError, EngineError])
def test_a_probe_that_is_told_otherwise_ends_the_wake_unmeasured(
    process, table, endpoint, clock, starts, error
):
    monitor, other = process(), process()
    refused(monitor, endpoint)
    refused(other, endpoint)
    clock.now += 5
    endpoint.error = error("no")

    with pytest.raises(error):
        monitor.call(endpoint.ask)
    assert table.wake.started_at is None
    assert table.wake.last_start_seconds is None
    assert starts == []
    with pytest.raises(error):
        other.call(endpoint.ask)


@pytest.mark.parametrize("error", [ThrottledError, UpstreamError])
def test_a_probe_that_learns_nothing_does_not_end_it(monitor, table, endpoint, clock, error):
    refused(monitor, endpoint)
    clock.now += 5
    endpoint.error = error("no")

    with pytest.raises(error):
        monitor.call(endpoint.ask)
    assert monitor.wake == table.wake
    assert table.wake.started_at is not None
    refused(monitor, endpoint)


@pytest.mark.parametrize("error", [ThrottledError, EngineError, UpstreamError])
def test_other_errors_do_not_begin_one(monitor, table, endpoint, error):
    endpoint.error = error("no")

    with pytest.raises(error):
        monitor.call(endpoint.ask)
    assert monitor.wake is None
    assert table.calls == []


def test_without_the_table_a_process_probes_by_itself(endpoint, clock):
    monitor = WakeMonitor(BrokenTable, 300, pace=PACE, clock=clock)
    for _ in range(60):
        refused(monitor, endpoint)
        clock.now += 0.5
    assert 5 <= endpoint.asked <= 7
    assert refused(monitor, endpoint).retry_after_seconds == 270

    endpoint.error = None
    clock.now += 5
    assert monitor.call(endpoint.ask) == "answer"
    assert monitor.wake is None
