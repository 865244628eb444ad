"""Policies: limits that can be, and the rules that they become."""

from __future__ import annotations

from typing import Any

import pytest

from planner.errors import PlanError
from planner.policies.policy import METRICS, NO_CAPACITY, ScalingPlan


@pytest.mark.parametrize("metric", METRICS)
def test_a_policy_follows_its_metric(metric: str) -> None:
    scaler = ScalingPlan(name="p", metric=metric, target=0.5).scaler(0.0)
    assert scaler.metrics == {METRICS[metric]}
    assert list(scaler.alarm_states) == [
        f"TargetTracking-{metric}-AlarmHigh",
        f"TargetTracking-{metric}-AlarmLow",
    ]


def test_a_policy_from_zero_watches_for_refused_requests() -> None:
    scaler = ScalingPlan(name="p", min_instances=0).scaler(0.0)
    assert scaler.metrics == {METRICS["concurrency"], NO_CAPACITY}


def test_a_fixed_count_follows_nothing() -> None:
    fixed = ScalingPlan(name="p", min_instances=2, max_instances=2, metric=None)
    assert not fixed.scales
    assert fixed.scaler(0.0).metrics == frozenset()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"metric": "cpu"}, "policy p: metric: got 'cpu'; must be one of concurrency, invocations"),
        ({"min_instances": 3, "max_instances": 2}, "policy p: got 3 to 2 instances; must rise"),
        ({"max_instances": 1001}, "policy p: got 1 to 1001 instances; .* at most 1000"),
        ({"target": float("nan")}, "policy p: target: got nan; must be above 0"),
    ],
)
def test_an_impossible_policy_is_named(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        ScalingPlan(name="p", **fields)
