"""Whole simulations: small enough to reason about."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.policies.policy import ScalingPlan
from planner.policies.presets import preset
from planner.simulator.outcome import Outcome
from planner.workload.generated import Traffic
from planner.workload.trace import MONDAY, Arrivals
from tests.support.planner import SERVED, instances_at, play, steady


def test_the_same_seed_gives_the_same_outcome() -> None:
    def run(seed: int) -> Outcome:
        made = Traffic(kind="bursty", rate=3, duration=600, seed=seed)
        return play(ScalingPlan(name="p"), made.arrivals(), 1, replace(SERVED, seed=seed))

    first, again, other = run(1), run(1), run(2)
    assert (first.end_to_end, first.usd) == (again.end_to_end, again.usd)
    assert first.end_to_end != other.end_to_end


def test_every_request_is_accounted_for() -> None:
    outcome = play(ScalingPlan(name="p"), [steady(3, 1200)], 1)
    assert outcome.requests == 3600
    assert outcome.timeline.requests.sum() == 3600


def test_a_burst_scales_out_after_detection_and_provisioning() -> None:
    outcome = play(ScalingPlan(name="p", target=5), [steady(0.3, 600), steady(3, 1800, 600)], 1)
    busy = [minute for minute in range(40) if instances_at(outcome, minute) > 1]
    # Decided 1 to 2 minutes after the burst at minute 10, and paid for from then on.
    assert busy[0] in {11, 12}
    assert outcome.peak >= 3


def test_quiet_traffic_scales_in_after_a_quarter_of_an_hour() -> None:
    outcome = play(ScalingPlan(name="p", target=5), [steady(0.2, 3600)], 4)
    first = next(minute for minute in range(60) if instances_at(outcome, minute) < 3.9)
    assert 15 <= first <= 18
    assert instances_at(outcome, 55) == 1


def test_an_idle_endpoint_falls_to_zero() -> None:
    plan = ScalingPlan(name="p", min_instances=0)
    outcome = play(plan, [steady(0.5, 300), steady(0.001, 10, 3600)], 1)
    assert instances_at(outcome, 40) == 0


def test_what_no_instance_can_hold_is_too_long() -> None:
    giant = Arrivals(np.array([MONDAY]), np.array([40_000]), np.array([5]))
    outcome = play(preset("fixed:1", 1), [giant, steady(1, 60, 1)], 1)
    assert outcome.errors["too long"] == 1
