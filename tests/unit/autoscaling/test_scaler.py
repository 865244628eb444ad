"""Whole targets over time, against the times AWS and its users report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest

from autoscaling.activity import Activity
from autoscaling.alarm import Alarm, AlarmState, Comparison
from autoscaling.assumptions import ASSUMED, Assumptions
from autoscaling.metric import Metric
from autoscaling.scaler import Policy, Scaler
from autoscaling.schedule import ScheduledAction
from autoscaling.step_scaling import AdjustmentType, Step, StepScaling
from autoscaling.target import ScalableTarget, Suspended
from autoscaling.target_tracking import TargetTracking

FAST = Metric(namespace="AWS/SageMaker", name="ConcurrentRequestsPerModel", period=10)
SLOW = Metric(namespace="AWS/SageMaker", name="InvocationsPerInstance", statistic="Sum")
COLD = Metric(
    namespace="AWS/SageMaker", name="NoCapacityInvocationFailures", statistic="Maximum", period=30
)
CONCURRENCY = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
NOTHING = Suspended()


Load = Callable[[float, int], float | None]


def tracking(metric: Metric, target: float, name: str = "track") -> TargetTracking:
    return TargetTracking(name=name, metric=metric, target=target)


def drive(
    scaler: Scaler,
    load: Load | dict[Metric, Load],
    until: float,
    *,
    capacity: int = 1,
    provisioning: float = 300,
) -> list[Activity]:
    """Play a driver: `load` gives a metric's value for a period's end and the units in service."""
    loads = load if isinstance(load, dict) else dict.fromkeys(scaler.metrics, load)
    activities, serving, ready = [], capacity, float("inf")
    for now in range(10, int(until), 5):
        for metric in scaler.metrics:
            if now % metric.period == 0 and (value := loads[metric](now, serving)) is not None:
                scaler.record(metric, now, value)
        if now >= ready:
            serving, ready = capacity, float("inf")
            scaler.fulfilled(now)
        for activity in scaler.advance(now, capacity):
            activities.append(activity)
            if activity.changes_capacity:
                capacity, ready = activity.after, now + provisioning
    return activities


def changes(activities: Iterable[Activity]) -> list[tuple[float, int]]:
    return [(activity.at, activity.after) for activity in activities if activity.changes_capacity]


def scaler(
    *policies: Policy,
    least: int = 1,
    most: int = 6,
    schedules: Iterable[ScheduledAction] = (),
    suspended: Suspended = NOTHING,
    assumed: Assumptions = ASSUMED,
) -> Scaler:
    target = ScalableTarget(min_capacity=least, max_capacity=most, suspended=suspended)
    return Scaler(target, policies, schedules, assumed=assumed)


def steady(total: float) -> Load:
    return lambda now, serving: total / serving


@pytest.mark.parametrize(
    ("metric", "earliest", "latest"),
    [
        (SLOW, 180, 300),  # re:Post QUf450Wsd9RROGGOIwaolN9w: minutes, "more than 5" observed
        (FAST, 30, 150),  # AWS's notebooks: 30 s, "usually 1-2 minutes longer"
    ],
)
def test_a_step_in_load_is_answered_within_the_published_range(
    metric: Metric, earliest: float, latest: float
) -> None:
    (at, capacity), *_ = changes(drive(scaler(tracking(metric, 5)), steady(14), 600))
    assert earliest <= at <= latest
    assert capacity == 3


@pytest.mark.parametrize("metric", [SLOW, FAST])
def test_scale_in_takes_15_to_25_minutes(metric: Metric) -> None:
    (at, capacity), *_ = changes(drive(scaler(tracking(metric, 5)), steady(4), 1800, capacity=4))
    assert 15 * 60 <= at <= 25 * 60
    assert capacity == 1


def wake(kind: AdjustmentType) -> StepScaling:
    alarm = Alarm(
        name="no-capacity",
        metric=COLD,
        comparison=Comparison.GREATER_OR_EQUAL,
        threshold=1,
        evaluation_periods=1,
    )
    steps = (Step(lower=0, adjustment=1),)
    return StepScaling(name="wake", alarm=alarm, adjustment_type=kind, steps=steps, cooldown=60)


def woken(kind: AdjustmentType, failing_for: float) -> list[tuple[float, int]]:
    def load(now: float, serving: int) -> float | None:
        return 1.0 if serving == 0 and now <= failing_for else None

    cold = scaler(wake(kind), least=0)
    return changes(drive(cold, load, 900, capacity=0, provisioning=462))


def test_zero_is_left_as_fast_as_measured() -> None:
    # huggingface/skills, hf-cloud-sagemaker-production-defaults: alarm at 67 s, capacity at 102 s,
    # first answer at 9 min 24 s.
    ((at, capacity),) = woken("ChangeInCapacity", failing_for=60)
    assert (capacity, at) == (1, pytest.approx(102, abs=15))
    assert at + 462 == pytest.approx(564, abs=30)


def test_retries_while_cold_add_a_second_unit_unless_the_capacity_is_exact() -> None:
    assert [capacity for _, capacity in woken("ChangeInCapacity", failing_for=600)] == [1, 2]
    assert [capacity for _, capacity in woken("ExactCapacity", failing_for=600)] == [1]


def test_woken_minutes_after_it_went_it_is_not_removed_before_its_request_arrives() -> None:
    """Idle until zero, refused once 5 minutes later, and no load at all after that."""

    def refused(now: int, serving: int) -> float | None:
        return 1.0 if serving == 0 and now == 1500 else None

    def load(_now: int, serving: int) -> float | None:
        return 0.0 if serving else None

    both = scaler(tracking(FAST, 5), wake("ExactCapacity"), least=0)
    activities = drive(both, {FAST: load, COLD: refused}, 3600, provisioning=100)
    (gone, first), (woken, one), (gone_again, last) = changes(activities)
    assert (first, one, last) == (0, 1, 0)
    assert woken - gone < 15 * 60 < gone_again - woken


def test_no_traffic_at_all_does_not_scale_in() -> None:
    quiet = scaler(tracking(FAST, 5))
    assert drive(quiet, lambda now, serving: None, 2000, capacity=4) == []
    assert set(quiet.alarm_states.values()) == {AlarmState.INSUFFICIENT_DATA}


def test_capacity_stays_within_its_limits() -> None:
    activities = drive(scaler(tracking(FAST, 5), most=3), steady(100), 900)
    assert changes(activities)[0][1] == 3
    assert activities[-1].not_scaled == "AlreadyAtMaxCapacity"


def test_a_change_under_way_locks_the_target() -> None:
    activities = drive(scaler(tracking(FAST, 5)), steady(14), 400)
    assert [activity.not_scaled for activity in activities][:2] == [
        None,
        "TargetServicePutResourceAsUnscalable",
    ]


def test_scale_out_needs_one_policy_and_the_largest_wins() -> None:
    small, large = tracking(FAST, 10, "small"), tracking(SLOW, 5, "large")
    loads: dict[Metric, Load] = {FAST: steady(4), SLOW: steady(28)}
    assert changes(drive(scaler(small, large), loads, 400))[0][1] == 6


def test_scale_in_needs_every_policy_and_removes_the_least() -> None:
    idle, busy = tracking(FAST, 10, "idle"), tracking(SLOW, 5, "busy")
    held: dict[Metric, Load] = {FAST: steady(2), SLOW: lambda now, serving: 5.0}
    assert changes(drive(scaler(idle, busy), held, 1800, capacity=4)) == []
    freed: dict[Metric, Load] = {FAST: steady(2), SLOW: steady(14)}
    assert changes(drive(scaler(idle, busy), freed, 1800, capacity=4))[0][1] == 3


def test_a_second_scale_in_waits_for_its_cooldown() -> None:
    slow_in = TargetTracking(name="t", metric=FAST, target=5, scale_in_cooldown=600)
    one_by_one = Assumptions(scale_in_step=1)
    ins = changes(
        drive(scaler(slow_in, assumed=one_by_one), steady(1), 4000, capacity=4, provisioning=60)
    )
    assert [capacity for _, capacity in ins] == [3, 2, 1]
    assert all(later - earlier >= 660 for (earlier, _), (later, _) in pairwise(ins))


def test_a_scheduled_minimum_scales_out_at_once_and_stays() -> None:
    morning = ScheduledAction(name="morning", schedule="rate(100 days)", min_capacity=3, start=500)
    activities = drive(scaler(tracking(FAST, 5), schedules=[morning]), steady(1), 2500)
    assert [activity.cause for activity in activities if not activity.not_scaled] == [
        "scheduled action name morning was triggered",
        "minimum capacity was set to 3",
    ]
    assert changes(activities) == [(500, 3)]


def test_a_scheduled_maximum_scales_in_past_a_cooldown() -> None:
    night = ScheduledAction(name="night", schedule="rate(100 days)", max_capacity=2, start=600)
    activities = drive(scaler(tracking(FAST, 5), schedules=[night]), steady(28), 900)
    assert changes(activities) == [(105, 6), (600, 2)]


@pytest.mark.parametrize("kind", ["scale_in", "scale_out", "scheduled"])
def test_suspended_scaling_does_nothing(kind: str) -> None:
    every = ScheduledAction(name="later", schedule="rate(100 days)", min_capacity=6, start=60)
    load = 2.0 if kind == "scale_in" else 40.0
    policies = [] if kind == "scheduled" else [tracking(FAST, 5)]
    still = scaler(
        *policies,
        schedules=[every] if kind == "scheduled" else [],
        suspended=Suspended(**{kind: True}),
    )
    assert drive(still, steady(load), 1800, capacity=4) == []
