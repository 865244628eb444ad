"""The budget of a stage, and the alarm that ends idle capacity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.synthesized import Synthesized
from tests.support.synthesizer import NO_JOBS

BUDGET = {"usd_per_month": 4500, "emails": ["team@example.com"], "idle_minutes": 60}
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"


def rest(stage: Synthesized) -> dict[str, Any]:
    return next(p for p in stage.serving.properties(POLICY) if p["PolicyName"] == "rest")


def test_people_are_told_before_the_money_is_spent(bounded: Synthesized) -> None:
    properties = bounded.stacks["budget"].only("AWS::Budgets::Budget")
    name = properties["Budget"].pop("BudgetName")
    assert name.startswith("twin-prod-")
    assert properties["Budget"] == {
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": 4500, "Unit": "USD"},
        "CostFilters": {"TagKeyValue": ["user:llm-twin:stage$twin-prod"]},
    }
    told = properties["NotificationsWithSubscribers"]
    kinds = [(t["Notification"]["NotificationType"], t["Notification"]["Threshold"]) for t in told]
    assert kinds == [("ACTUAL", 80), ("FORECASTED", 100)]
    assert told[0]["Subscribers"] == [{"SubscriptionType": "EMAIL", "Address": "team@example.com"}]


@pytest.mark.parametrize(
    ("changed", "is_another"),
    [
        ({"budget": {"emails": ["team@example.com", "oncall@example.com"]}}, True),
        ({"project": {"tags": {"project": "llm-twin", "team": "nlp"}}}, True),
        ({"budget": {"usd_per_month": 900}}, False),
        ({"budget": {"tagged": True}}, False),
    ],
)
def test_what_replaces_a_budget_gives_the_next_another_name(
    synthesize: Callable[..., Synthesized], changed: dict[str, Any], is_another: bool
) -> None:
    # CloudFormation's schema: these are create-only, and the next is made before the last one goes.
    fixed = ("NotificationsWithSubscribers", "ResourceTags")
    before, after = (
        synthesize("prod", **{"budget": BUDGET, **NO_JOBS, **change})
        .stacks["budget"]
        .only("AWS::Budgets::Budget")
        for change in ({}, {**changed, "budget": {**BUDGET, **changed.get("budget", {})}})
    )
    assert any(before[key] != after[key] for key in fixed) is is_another
    assert (before["Budget"]["BudgetName"] != after["Budget"]["BudgetName"]) is is_another


def test_minutes_without_a_request_bring_capacity_to_its_minimum(bounded: Synthesized) -> None:
    alarm = next(
        found
        for found in bounded.serving.properties("AWS::CloudWatch::Alarm")
        if found["MetricName"] == "Invocations"
    )
    assert (alarm["EvaluationPeriods"], alarm["Period"], alarm["Statistic"]) == (60, 60, "Sum")
    assert alarm["Threshold"] == 1  # the probe asks each minute
    assert alarm["TreatMissingData"] == "breaching"
    steps = rest(bounded)["StepScalingPolicyConfiguration"]
    assert steps["AdjustmentType"] == "ExactCapacity"
    assert steps["StepAdjustments"] == [{"MetricIntervalUpperBound": 0, "ScalingAdjustment": 2}]


def test_copies_go_to_zero_where_nothing_probes(synthesize: Callable[..., Synthesized]) -> None:
    scaling = {"scale_to_zero": True, "max_instances": 2}
    realtime = {"autoscaling": scaling, "deployment": {"strategy": "all-at-once"}}
    stage = synthesize("prod", budget=BUDGET, realtime=realtime, **NO_JOBS)
    steps = rest(stage)["StepScalingPolicyConfiguration"]["StepAdjustments"]
    assert steps[0]["ScalingAdjustment"] == 0
    assert "CostFilters" not in stage.stacks["budget"].only("AWS::Budgets::Budget")["Budget"]


def test_a_stage_without_a_budget_has_neither(prod: Synthesized) -> None:
    assert "budget" not in prod.stacks
    assert "rest" not in {p["PolicyName"] for p in prod.serving.properties(POLICY)}
