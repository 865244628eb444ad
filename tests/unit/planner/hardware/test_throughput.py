"""The engine's speed, against arithmetic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.hardware.throughput import Speed, touched
from planner.workload.trace import Arrivals

SPEED = Speed(
    prefill=0.001,
    step=0.01,
    experts=0.08,
    active_share=0.25,
    sequence=0.002,
    kv_token=0.00001,
    slots=4,
    kv_tokens=1000,
    cached=0.5,
    measured=False,
)


def test_a_step_reads_the_experts_that_its_sequences_were_sent_to() -> None:
    assert SPEED.base(0) == pytest.approx(0.01)
    assert SPEED.base(1) == pytest.approx(0.01 + 0.02)
    assert SPEED.step_seconds(2, 100) == pytest.approx(0.01 + 0.08 * 2 / (2 + 3) + 2 * 0.003)


def test_popular_experts_are_shared_so_that_fewer_are_touched_than_by_chance() -> None:
    assert touched(4 / 32, 1) == 4 / 32
    assert touched(4 / 32, 2) < 2 * 4 / 32
    assert touched(4 / 32, 8) == 8 / 15 < 1 - (1 - 4 / 32) ** 8
    assert touched(1.0, 0) == 0
    assert touched(1.0, 5) == 1


def test_the_second_sequence_makes_a_step_longer_and_the_third_does_not() -> None:
    speed = replace(SPEED, experts=0.0, together=0.003)
    assert [speed.base(count) for count in (0, 1, 1.5, 2, 3)] == pytest.approx(
        [0.01, 0.01, 0.0115, 0.013, 0.013]
    )


def test_a_request_reads_the_part_of_its_prompt_that_is_not_cached() -> None:
    arrivals = Arrivals(np.array([5.0]), np.array([200]), np.array([100]))
    ((at, prefill, weight, tokens, generated),) = SPEED.requests(arrivals)
    assert (at, prefill, tokens, generated) == (5.0, pytest.approx(0.1), 300, 100)
    assert weight == pytest.approx(0.002 + 0.00001 * 250)
