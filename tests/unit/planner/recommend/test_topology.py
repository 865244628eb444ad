"""Topologies, with the bill of the front door in both."""

from __future__ import annotations

from typing import Any

import pytest

from planner.recommend.decide import recommend
from planner.recommend.demand import demand
from planner.recommend.needs import Needs
from planner.recommend.offline import batch
from planner.recommend.realtime import realtime
from planner.recommend.topology import Topology, is_together, topologies
from tests.support.needs import candidate, scenario


def proposed(
    wanted: Needs, instance: str = "ml.g6.xlarge", weights: str = "bf16"
) -> list[Topology]:
    option = realtime(wanted, demand(wanted), candidate(wanted, instance, weights))
    return topologies(wanted, demand(wanted), option)


def test_a_business_tier_that_changes_daily_is_apart() -> None:
    best, other, _ = proposed(scenario(8), "ml.g6e.xlarge")
    assert (best.name, other.name) == ("microservices", "monolith")
    assert "95 of 100 requests a second need no GPU" in best.reason
    assert best.door_usd > 1000
    assert 0 < other.door_usd < 10  # 5 bytes a token at 0.016 USD per GB


def test_a_hop_that_takes_a_tenth_of_the_time_speaks_for_one_container() -> None:
    wanted = scenario(9)
    assert is_together(wanted)
    best, *_ = proposed(wanted)
    assert (best.name, best.deployable) == ("monolith", False)
    assert "10% to 20% of 50 ms" in best.reason
    assert not is_together(scenario(9, changes="daily"))
    assert not is_together(scenario(9, answer_seconds=1))


def test_rows_pass_no_door() -> None:
    wanted = scenario(2)
    option = batch(wanted, demand(wanted), candidate(wanted, "ml.g6e.xlarge"))
    assert topologies(wanted, demand(wanted), option)[0].door_usd == 0


def test_a_small_model_that_is_seldom_asked_is_one_function() -> None:
    best, other, _ = proposed(scenario(11))
    assert (best.name, best.deployable, other.name) == ("monolith", True, "microservices")
    assert best.function is not None
    assert best.function.format == "Q4_K_M"
    assert "1 x ml.g6.xlarge, bf16 and its door cost 823" in best.reason


@pytest.mark.parametrize(
    ("changed", "limit"),
    [
        ({"first_token_seconds": 5}, "first token 14.4 s > 5 s"),
        ({"per_token_ms": 20}, "per token 28.3 ms > 20 ms"),
        ({"requests_per_day": 40_000, "tokens_out": 100}, "USD a month > 836 USD a month"),
        (
            {"requests_per_day": 2400, "at_once": 2000},
            "callers at once 2,000 environments > 1,000 environments",
        ),
        ({"evaluated": []}, "first token 41.8 s > 20 s"),  # in 16 bits
    ],
)
def test_the_number_that_a_function_loses_by_is_told(changed: dict[str, Any], limit: str) -> None:
    found = recommend(scenario(11, **changed))
    assert found.topology.function is None
    assert limit in found.alternatives[-1]


@pytest.mark.parametrize(
    "changed",
    [
        {"instance": "ml.g6.xlarge"},
        {"api_requests_per_second": 50, "changes": "daily"},
        {"waits": False, "within_minutes": 60, "first_token_seconds": None},
    ],
)
def test_what_a_function_is_not_for_keeps_its_instances(changed: dict[str, Any]) -> None:
    assert recommend(scenario(11, **changed)).topology.function is None
