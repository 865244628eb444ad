"""The share of requests that miss an objective whatever the fleet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.search.ceiling import ceiling
from planner.simulator.outcome import Objective
from planner.workload.trace import Arrivals
from tests.support.planner import CERTAIN


def traffic(*context: int) -> list[Arrivals]:
    count = len(context)
    return [Arrivals(np.arange(count, dtype=float), np.array(context), np.full(count, 100))]


def test_prompts_that_cannot_be_read_in_time_miss_alone() -> None:
    longest = round(2 / CERTAIN.speed.prefill)
    found = ceiling(traffic(10, 10, 10, longest + 1), CERTAIN)
    assert found.share == 0.25
    assert f"prompts over {longest} tokens cannot be read in 2 s" in found.sentence


def test_where_no_prompt_is_read_in_time_none_is_named() -> None:
    strict = replace(CERTAIN, objective=Objective(first_token=1e-9))
    assert "(prompts cannot be read in 1e-09 s)" in ceiling(traffic(10), strict).sentence


def test_a_step_that_is_too_slow_alone_misses_for_all() -> None:
    strict = replace(CERTAIN, objective=Objective(per_token=0.02))
    found = ceiling(traffic(10, 20), strict)
    assert found.share == 1
    assert "a token takes more than 20 ms" in found.sentence


def test_nothing_to_say_is_said() -> None:
    assert ceiling(traffic(10), CERTAIN).sentence.startswith("ceiling: every request meets")


def test_requests_longer_than_the_context_are_told_apart() -> None:
    short = replace(CERTAIN, speed=replace(CERTAIN.speed, context=500))
    found = ceiling(traffic(100, 600), short)
    assert found.share == 0.5
    assert "1 are longer than the context of 500 tokens" in found.sentence
