"""Whole simulations: small enough to reason about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from planner.errors import PlanError
from planner.experiment import Experiment
from planner.hardware.catalogue import Delay, provisioning
from planner.hardware.demand import survey
from planner.policies.policy import ScalingPlan
from planner.policies.presets import preset
from planner.search.learned_schedules import Clairvoyant
from planner.simulator.endpoint import Endpoint, endpoint
from planner.simulator.outcome import Objective, Outcome
from planner.simulator.simulation import Simulation
from planner.simulator.timeline import BINS, Histogram, Timeline
from planner.workload.generated import MONDAY, Traffic
from planner.workload.trace import Arrivals
from stacks.config import ColdStartConfig

SERVED = endpoint("llama-3.1-8b", "ml.g5.2xlarge", Objective())
CERTAIN = replace(SERVED, delay=Delay(258, 0), from_zero=Delay(462, 0), overhead=0.0)


def steady(rate: float, seconds: float, start: float = 0.0) -> Arrivals:
    times = MONDAY + start + np.arange(0, seconds, 1 / rate)
    shape = np.ones(len(times), dtype=np.int64)
    return Arrivals(times, 500 * shape, 100 * shape)


def play(
    plan: ScalingPlan, traffic: Iterable[Arrivals], instances: int, served: Endpoint = CERTAIN
) -> Outcome:
    simulation = Simulation(
        plan.name, served, plan.scaler(MONDAY), instances=instances, start=MONDAY
    )
    return simulation.run(traffic)


def instances_at(outcome: Outcome, minute: int) -> float:
    return float(outcome.timeline.instances[minute] / outcome.timeline.width)


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


def test_a_fixed_fleet_is_paid_by_the_hour() -> None:
    plan = preset("fixed:3", 1)
    outcome = play(plan, [steady(1, 3600)], 3)
    assert outcome.instance_hours == pytest.approx(3, rel=0.001)
    assert outcome.usd == pytest.approx(3 * 1.515, rel=0.001)


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


def test_a_cold_endpoint_holds_requests_until_it_is_warm() -> None:
    outcome = play(ScalingPlan(name="p", min_instances=0), [steady(0.02, 1200)], 0)
    assert (outcome.requests, sum(outcome.errors.values())) == (24, 0)
    assert outcome.first_token[2] == pytest.approx(564, abs=30)  # 9 min 24 s, as measured
    assert outcome.within == pytest.approx(0.5, abs=0.1)


def test_a_hold_has_its_limit() -> None:
    impatient = replace(CERTAIN, cold_start=ColdStartConfig(mode="hold", hold_seconds=300))
    outcome = play(ScalingPlan(name="p", min_instances=0), [steady(0.02, 1200)], 0, impatient)
    assert outcome.errors["no capacity"] == pytest.approx((564 - 300) * 0.02, abs=1.5)


def test_a_cold_endpoint_can_reject() -> None:
    rejecting = replace(CERTAIN, cold_start=ColdStartConfig(mode="reject"))
    outcome = play(ScalingPlan(name="p", min_instances=0), [steady(0.02, 1200)], 0, rejecting)
    assert outcome.errors["no capacity"] == pytest.approx(564 * 0.02, abs=1.5)


def test_only_so_many_are_held() -> None:
    crowded = replace(CERTAIN, cold_start=ColdStartConfig(mode="hold", max_held_requests=5))
    outcome = play(ScalingPlan(name="p", min_instances=0), [steady(0.02, 1200)], 0, crowded)
    assert outcome.errors["no capacity"] == pytest.approx(564 * 0.02 - 5, abs=1.5)


def test_a_cold_endpoint_can_put_requests_off() -> None:
    queueing = replace(CERTAIN, cold_start=ColdStartConfig(mode="queue"))
    outcome = play(ScalingPlan(name="p", min_instances=0), [steady(0.02, 1200)], 0, queueing)
    assert outcome.put_off == pytest.approx(564 * 0.02, abs=1.5)
    assert (outcome.requests, sum(outcome.errors.values())) == (24, 0)


def test_an_instance_is_paid_for_until_it_goes_after_its_copy() -> None:
    traffic = [steady(0.5, 300), steady(0.001, 10, 3600)]
    plan = ScalingPlan(name="p", min_instances=0)
    hours = {
        served.idle_release: play(plan, traffic, 1, served).instance_hours
        for served in (CERTAIN, CERTAIN.with_copies())
    }
    assert hours[720] - hours[0] == pytest.approx(720 / 3600, rel=0.01)


def test_an_idle_endpoint_falls_to_zero() -> None:
    plan = ScalingPlan(name="p", min_instances=0)
    outcome = play(plan, [steady(0.5, 300), steady(0.001, 10, 3600)], 1)
    assert instances_at(outcome, 40) == 0


def test_sagemakers_limit_ends_requests() -> None:
    impatient = replace(CERTAIN, objective=Objective(limit=60))
    outcome = play(preset("fixed:1", 1), [steady(8, 300)], 1, impatient)
    assert outcome.errors["timed out"] > 100
    assert outcome.end_to_end[2] <= 61


def test_what_no_instance_can_hold_is_too_long() -> None:
    giant = Arrivals(np.array([MONDAY]), np.array([40_000]), np.array([5]))
    outcome = play(preset("fixed:1", 1), [giant, steady(1, 60, 1)], 1)
    assert outcome.errors["too long"] == 1


def test_provisioning_medians_are_the_published_ones() -> None:
    # https://aws.amazon.com/blogs/machine-learning/, container caching, 2026-06-17: 525 s to 258 s.
    drawn = np.exp(np.random.default_rng(0).normal(0, 0.12, 999))
    for kind, published in (("cached", 258), ("uncached", 525)):
        assert np.median(provisioning(kind).median * drawn) == pytest.approx(published, rel=0.02)


def test_a_clairvoyant_starts_each_instance_just_in_time() -> None:
    counts = np.array([1] * 20 + [3] * 20 + [1] * 20)
    seer = Clairvoyant(counts, MONDAY, delay=258)
    outcome = Simulation("seer", CERTAIN, seer, instances=seer.instances, start=MONDAY).run(
        [steady(0.5, 3600)]
    )
    assert outcome.instance_hours == pytest.approx((60 + 2 * 20 + 2 * 4.3) / 60, rel=0.02)


def test_a_clairvoyant_keeps_an_instance_through_a_short_gap() -> None:
    counts = np.array([2] * 10 + [1] * 3 + [2] * 10)
    assert Clairvoyant(counts, MONDAY, delay=258).due == float("inf")


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


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hope", "policy: got 'hope'; must be one of book, aws-sample"),
        ("fixed:many", "policy: got 'fixed:many'; must end in a number"),
        ("fixed:0", "policy fixed:0: got 0 to 0 instances"),
        ("concurrency:-1", "target: got -1.0; must be above 0"),
    ],
)
def test_impossible_policies_are_named(name: str, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        preset(name, 1.3)


def test_the_load_test_rule_is_half_of_what_an_instance_bears() -> None:
    assert preset("load-test", 1.32).target == 40


def test_quantiles_are_exact_to_a_hundredth() -> None:
    counts = Histogram()
    counts.add(np.arange(1, 10_001) / 1000)
    assert counts.quantile(0.5) == pytest.approx(5.0, rel=0.01)
    assert counts.quantile(0.99) == pytest.approx(9.9, rel=0.01)


def test_a_timeline_folds_instead_of_growing() -> None:
    line = Timeline(start=0)
    for hour in range(100):
        times = np.array([3600.0 * hour])
        line.add(times, np.array([1.0]), np.array([True]))
    assert len(line.requests) == BINS
    assert (line.width, line.requests.sum(), line.within.sum()) == (480.0, 100, 100)
