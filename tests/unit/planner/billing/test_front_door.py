"""The bill of the front door."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.billing.front_door import Passage, front_door
from planner.errors import PlanError

# A million tokens in answers of 300, at 30 a second, 0.3 s before the first: 34,333 s.
MILLION = Passage(
    requests=1e6 / 300, tokens=1e6, tokens_per_second=30, memory_mb=512, held_seconds=0.3
)


def test_a_million_tokens_cost_as_much_as_worked_out_by_hand() -> None:
    usd = {line.name: line.usd for line in front_door(MILLION)}
    assert MILLION.seconds == pytest.approx(34_333, abs=1)
    assert usd["Lambda, duration"] == pytest.approx(0.2289, abs=0.0001)
    assert usd["Lambda, requests"] == pytest.approx(0.0007, abs=0.0001)
    assert usd["API Gateway"] == pytest.approx(0.0117, abs=0.0001)
    assert usd["data out"] == pytest.approx(0.0207, abs=0.0001)
    assert usd["Lambda, streamed"] == pytest.approx(0.0018, abs=0.0001)
    assert usd["logs"] == pytest.approx(0.002, abs=0.0001)


def test_memory_and_waiting_are_paid_for() -> None:
    (small, *_), (large, *_) = front_door(MILLION), front_door(replace(MILLION, memory_mb=1024))
    assert large.usd == pytest.approx(2 * small.usd)
    waits = replace(MILLION, held_seconds=600)
    assert front_door(waits)[0].usd > 50 * small.usd


def test_a_caller_that_is_held_through_a_start_costs_a_quarter_of_a_cent() -> None:
    held = replace(MILLION, requests=1, tokens=0, held_seconds=380)
    assert front_door(held)[0].usd == pytest.approx(0.0025, abs=0.00005)  # 380 s x 0.5 GB


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("requests", -1, "requests: got -1; must be 0 or more"),
        ("tokens", float("nan"), "tokens: got nan"),
        ("tokens_per_second", 0, "tokens per second: got 0; must be above 0"),
    ],
)
def test_what_cannot_be_is_refused(key: str, value: float, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        replace(MILLION, **{key: value})
