"""The engine model, against the published tables and against arithmetic."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from planner.errors import PlanError
from planner.hardware.catalogue import measurements, speed
from planner.hardware.throughput import CONCURRENCIES, SLOTS, Speed
from planner.simulator.instance import Done, SimulatedInstance
from planner.workload.trace import Arrivals

SIMPLE = Speed(
    prefill=0.001, step=0.01, sequence=0.01, kv_token=0, slots=2, kv_tokens=1000, measured=False
)


def new_instance(
    engine: Speed, patience: float = inf
) -> tuple[SimulatedInstance, list[float], list[Done]]:
    loads, ends, done = [0], [inf], list[Done]()
    instance = SimulatedInstance(
        engine, slot=0, loads=loads, ends=ends, done=done, patience=patience
    )
    return instance, ends, done


def offer(
    engine: Speed, requests: list[tuple[float, int, int]], patience: float = inf
) -> list[Done]:
    """Serve (arrival, context, generated) to the end; return what finished, in order."""
    instance, ends, done = new_instance(engine, patience)
    times, context, generated = (np.array(column) for column in zip(*requests, strict=True))
    for request in engine.requests(Arrivals(times, context, generated)):
        while ends[0] <= request[0]:
            instance.complete()
        instance.arrive(request)
    while ends[0] < inf:
        instance.complete()
    return done


def closed_loop(engine: Speed, concurrency: int, count: int = 300) -> float:
    """Keep so many requests of 512 tokens in and 256 out in flight; return mean E2E seconds."""
    instance, _, done = new_instance(engine)

    def send(now: float) -> None:
        arrivals = Arrivals(np.array([now]), np.array([512]), np.array([256]))
        instance.arrive(next(engine.requests(arrivals)))

    for index in range(concurrency):
        send(0.001 * index)
    while len(done) < count:
        instance.complete()
        send(done[-1][2])
    return float(np.mean([end - arrival for arrival, _, end, _ in done[count // 3 :]]))


@pytest.mark.parametrize("row", measurements(), ids=lambda row: row["model"])
def test_the_fit_is_near_the_published_latencies(row: dict) -> None:
    """Up to the slots the points are fitted, within 9%; beyond they are predicted, within 13%."""
    engine = speed(row["model"], row["instance"])
    for concurrency, published in zip(CONCURRENCIES, row["seconds"], strict=True):
        tolerance = 0.09 if concurrency <= SLOTS else 0.13
        assert closed_loop(engine, concurrency) == pytest.approx(published, rel=tolerance)


def test_a_lone_request_prefills_then_decodes_token_by_token() -> None:
    ((arrival, first, end, _),) = offer(SIMPLE, [(5.0, 100, 11)])
    assert first - arrival == pytest.approx(0.1)
    assert end - first == pytest.approx(10 * 0.02)


def test_two_sequences_share_each_step() -> None:
    short, long = offer(SIMPLE, [(0.0, 100, 11), (0.0, 100, 21)])
    assert short[2] == pytest.approx(0.2 + 10 * 0.03)  # both prefills, then steps of two
    assert long[2] == pytest.approx(short[2] + 10 * 0.02)  # then alone


def test_prefill_stalls_those_that_decode() -> None:
    alone = offer(SIMPLE, [(0.0, 100, 11)])[0]
    joined = offer(SIMPLE, [(0.0, 100, 11), (0.15, 500, 1)])
    first = next(done for done in joined if done[0] == 0.0)
    assert first[2] - alone[2] == pytest.approx(0.5, abs=0.02)


def test_requests_queue_for_a_slot() -> None:
    done = offer(SIMPLE, [(0.0, 1, 11), (0.0, 1, 11), (0.0, 1, 11)])
    waited = [first for _, first, _, _ in done]
    assert waited[2] >= max(end for _, _, end, _ in done[:2])


def test_requests_queue_for_the_kv_cache() -> None:
    done = offer(SIMPLE, [(0.0, 600, 11), (0.0, 600, 11)])
    assert done[1][1] > done[0][2]


def test_a_caller_gone_is_dropped_from_the_queue() -> None:
    done = offer(SIMPLE, [(0.0, 1, 400), (0.0, 1, 400), (0.1, 1, 5)], patience=2.0)
    assert [first for arrival, first, _, _ in done if arrival == 0.1] == [inf]


def test_a_model_that_does_not_fit_says_what_it_takes() -> None:
    with pytest.raises(PlanError, match=r"does not fit ml.g5.2xlarge: .* 6\d\.\d GiB"):
        speed("qwen3-32b", "ml.g5.2xlarge")


@pytest.mark.parametrize(
    ("model", "instance", "message"),
    [
        ("llama-3.1-9b", "ml.g5.2xlarge", "models: got 'llama-3.1-9b'; did you mean llama-3.1-8b"),
        ("llama-3.1-8b", "ml.g5.3xlarge", "instances: got 'ml.g5.3xlarge'; did you mean ml.g5"),
        ("llama-3.1-8b", "abacus", "instances: got 'abacus'; must be one of ml.g5"),
    ],
)
def test_unknown_names_are_named(model: str, instance: str, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        speed(model, instance)


def test_speeds_without_a_measurement_come_from_the_data_sheet() -> None:
    slow, fast = speed("llama-3.1-8b", "ml.g6.2xlarge"), speed("llama-3.1-8b", "ml.g6e.2xlarge")
    assert not slow.measured
    assert slow.step / fast.step == pytest.approx(864 / 300)
