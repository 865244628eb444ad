"""One engine with continuous batching, against arithmetic."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from planner.hardware.throughput import Speed
from planner.simulator.instance import Done
from planner.workload.trace import Arrivals
from tests.support.planner import new_instance

SIMPLE = Speed(
    prefill=0.001, step=0.01, sequence=0.01, kv_token=0, slots=2, kv_tokens=1000, measured=False
)


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


def test_a_lone_request_prefills_then_decodes_token_by_token() -> None:
    ((arrival, first, end, _),) = offer(SIMPLE, [(5.0, 100, 11)])
    assert first - arrival == pytest.approx(0.1)
    assert end - first == pytest.approx(10 * 0.02)


def test_two_sequences_share_each_step() -> None:
    short, long = offer(SIMPLE, [(0.0, 100, 11), (0.0, 100, 21)])
    assert short[2] == pytest.approx(0.2 + 10 * 0.03)  # both prefills, then steps of two
    assert long[2] == pytest.approx(short[2] + 10 * 0.02)  # then alone


def test_a_prompt_slows_those_that_decode_but_for_the_token_of_its_step() -> None:
    alone = offer(SIMPLE, [(0.0, 100, 11)])[0]
    joined = offer(SIMPLE, [(0.0, 100, 11), (0.15, 500, 1)])
    first = next(done for done in joined if done[0] == 0.0)
    assert first[2] - alone[2] == pytest.approx(0.5 - 0.02)


def test_a_long_prompt_lets_a_token_through_at_each_chunk() -> None:
    chunked = replace(SIMPLE, step_tokens=100)
    alone = offer(chunked, [(0.0, 1, 11)])[0]
    joined = offer(chunked, [(0.0, 1, 11), (0.1, 500, 1)])
    first = next(done for done in joined if done[0] == 0.0)
    assert first[2] - alone[2] == pytest.approx(5 * (0.1 - 0.02))


def test_experts_that_a_larger_batch_reads_lengthen_its_steps() -> None:
    experts = replace(SIMPLE, sequence=0.0, experts=0.08, active_share=0.25)
    short, _ = offer(experts, [(0.0, 0, 11), (0.0, 0, 21)])
    assert short[2] == pytest.approx(10 * (0.01 + 0.08 * 2 / (2 + 3)))


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
