"""Policies over the same traffic: the work in it, and where each policy starts."""

from __future__ import annotations

import numpy as np
import pytest

from planner.experiment import Experiment
from planner.hardware.demand import survey
from planner.policies.policy import ScalingPlan
from planner.policies.presets import preset
from tests.support.planner import CERTAIN, steady

TRAFFIC = [steady(2, 1800)]
EXPERIMENT = Experiment(lambda: TRAFFIC, survey(TRAFFIC, CERTAIN.speed), CERTAIN)


def test_no_policy_is_cheaper_than_the_work() -> None:
    assert 0 < EXPERIMENT.work_hours() < EXPERIMENT.run_clairvoyant(0.5).instance_hours


def test_steady_traffic_keeps_its_mean_busy_at_its_peak() -> None:
    assert EXPERIMENT.peak() == pytest.approx(EXPERIMENT.work_hours() / 0.5, rel=0.05)


@pytest.mark.parametrize(
    ("plan", "instances"),
    [
        (preset("fixed:4", 1), 4),
        (ScalingPlan(name="p", min_instances=0), 0),
        (ScalingPlan(name="p", initial_instances=7), 7),
        (ScalingPlan(name="p"), max(1, int(np.ceil(EXPERIMENT.peak() / 0.6)))),
    ],
    ids=["fixed", "zero", "said", "as the first minutes need"],
)
def test_a_policy_starts_with_what_it_says_or_needs(plan: ScalingPlan, instances: int) -> None:
    line = EXPERIMENT.run(plan).timeline
    assert line.instances[0] / line.width == pytest.approx(instances, abs=0.2)


def test_a_policy_from_zero_pays_for_instances_that_outlast_their_copies() -> None:
    # The same requests, then silence until a last one an hour later.
    traffic = [steady(0.5, 300), steady(0.001, 10, 3600)]
    experiment = Experiment(lambda: traffic, survey(traffic, CERTAIN.speed), CERTAIN)
    zero = ScalingPlan(name="p", min_instances=0, initial_instances=1)
    hours = experiment.run(zero).instance_hours
    plain = Experiment(lambda: traffic, experiment.survey, CERTAIN.with_copies())
    assert hours == pytest.approx(plain.run(zero).instance_hours)


def test_schedules_of_another_day_come_early_and_differ_in_how_full_instances_are() -> None:
    learnt = EXPERIMENT.learnt(EXPERIMENT.survey, most=10)
    assert len(learnt) == 4
    assert all(action.min_capacity <= 10 for actions in learnt for action in actions)
    least = [max(action.min_capacity or 0 for action in actions) for actions in learnt]
    assert least == sorted(least, reverse=True)
