"""Targets that a metric can never exceed."""

from __future__ import annotations

import pytest

from planner.errors import PlanError
from planner.experiment import Experiment
from planner.hardware.demand import survey
from planner.policies.policy import ScalingPlan
from tests.support.planner import SERVED, steady


@pytest.mark.parametrize(
    ("metric", "target", "why"),
    [
        ("concurrency", 60, "32 decode at once, and no more of .* arrive within 480 s, .* 60"),
        ("invocations", 500, r"an instance serves \d+ of this traffic's requests a minute"),
        ("queued-requests", 60, "no more of this traffic's requests arrive within 480 s, .* 60"),
        ("kv-cache-use", 1.5, "it is a share of the cache; must be below 1"),
    ],
)
def test_a_target_that_can_never_be_reached_is_named(metric: str, target: float, why: str) -> None:
    experiment = Experiment(lambda: [steady(1, 60)], survey([steady(1, 60)], SERVED.speed), SERVED)
    with pytest.raises(PlanError, match=f"policy p: target: got .* can never be reached: {why}"):
        experiment.run(ScalingPlan(name="p", metric=metric, target=target))


def test_traffic_too_light_for_a_sensible_target_needs_no_second_instance() -> None:
    experiment = Experiment(
        lambda: [steady(0.1, 60)], survey([steady(0.1, 60)], SERVED.speed), SERVED
    )
    assert experiment.run(ScalingPlan(name="p", target=20)).peak == 1
