"""What each kind of policy makes of a metric."""

from __future__ import annotations

import pytest

from autoscaling.alarm import Alarm, Comparison
from autoscaling.assumptions import Assumptions
from autoscaling.cooldown import Change, allowed
from autoscaling.metric import Metric
from autoscaling.step_scaling import AdjustmentType, Step, StepScaling
from autoscaling.target_tracking import TargetTracking

FAST = Metric(namespace="AWS/SageMaker", name="ConcurrentRequestsPerModel", period=10)
SLOW = Metric(namespace="AWS/SageMaker", name="InvocationsPerInstance", statistic="Sum")


def tracking(target: float = 5, metric: Metric = FAST) -> TargetTracking:
    return TargetTracking(name="track", metric=metric, target=target)


@pytest.mark.parametrize(
    ("metric", "target", "high", "low"),
    [
        # https://repost.aws/questions/QUf450Wsd9RROGGOIwaolN9w: > 1500 for 3 datapoints within 3
        # minutes, < 1350 for 15 datapoints within 15 minutes.
        (SLOW, 1500, (1500, 3, 60), (1350, 15, 60)),
        # AWS's sm-app_autoscaling_realtime_endpoints.ipynb: > 5 for 3 datapoints within 30 seconds,
        # < 4.5 for 90 datapoints within 15 minutes.
        (FAST, 5, (5, 3, 10), (4.5, 90, 10)),
    ],
)
def test_target_tracking_creates_the_alarms_aws_shows(
    metric: Metric, target: float, high: tuple[float, int, int], low: tuple[float, int, int]
) -> None:
    shown = [
        (alarm.threshold, alarm.evaluation_periods, alarm.metric.period)
        for alarm in tracking(target, metric).alarms
    ]
    assert shown == [high, low]
    assert [alarm.comparison for alarm in tracking().alarms] == [
        Comparison.GREATER,
        Comparison.LESS,
    ]


def test_disabled_scale_in_has_no_low_alarm() -> None:
    policy = TargetTracking(name="t", metric=FAST, target=5, disable_scale_in=True)
    assert policy.alarms == (policy.high,)


@pytest.mark.parametrize(
    ("capacity", "value", "desired"),
    [(1, 5.1, 2), (2, 10, 4), (3, 10, 6), (4, 4.4, 4), (4, 1.2, 1), (6, 0, 0), (0, 6, 2)],
)
def test_target_tracking_is_proportional_and_rounds_up(
    capacity: int, value: float, desired: int
) -> None:
    assert tracking().desired(capacity, value) == desired


def test_scale_in_can_be_assumed_slower() -> None:
    assert tracking().desired(6, 1, Assumptions(scale_in_step=1)) == 5


def test_a_target_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="target: got 0; must be above 0"):
        tracking(0)


# https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-step-scaling-policies.html
OUT = (Step(lower=0, upper=10, adjustment=0), Step(lower=10, upper=20, adjustment=10))
OUT = (*OUT, Step(lower=20, adjustment=30))
IN = (Step(lower=-10, upper=0, adjustment=0), Step(lower=-20, upper=-10, adjustment=-10))
IN = (*IN, Step(upper=-20, adjustment=-30))


def stepping(
    steps: tuple[Step, ...],
    kind: AdjustmentType = "PercentChangeInCapacity",
    least: int = 0,
) -> StepScaling:
    alarm = Alarm(
        name="fifty",
        metric=SLOW,
        comparison=Comparison.GREATER_OR_EQUAL,
        threshold=50,
        evaluation_periods=1,
    )
    return StepScaling(
        name="step",
        alarm=alarm,
        adjustment_type=kind,
        steps=steps,
        min_adjustment_magnitude=least,
    )


@pytest.mark.parametrize(
    ("steps", "capacity", "value", "desired"),
    [
        (OUT, 10, 59, 10),
        (OUT, 10, 60, 11),
        (OUT, 11, 70, 14),  # 3.3 rounded down to 3
        (IN, 14, 40, 13),  # 1.4 rounded to 1
        (IN, 13, 30, 10),  # 3.9 rounded to 3
        (IN, 10, 41, 10),
    ],
)
def test_the_documented_step_example(
    steps: tuple[Step, ...], capacity: int, value: float, desired: int
) -> None:
    assert stepping(steps).desired(capacity, value) == desired


@pytest.mark.parametrize(
    ("capacity", "percent", "change"), [(10, 127, 12), (10, 7, 1), (10, -6, -1), (10, -67, -6)]
)
def test_percentages_round_toward_zero_but_never_to_nothing(
    capacity: int, percent: int, change: int
) -> None:
    policy = stepping((Step(lower=0, adjustment=percent),))
    assert policy.desired(capacity, 50) == capacity + change


def test_the_minimum_magnitude_raises_a_small_percentage() -> None:
    assert stepping((Step(lower=0, adjustment=25),), least=2).desired(4, 50) == 6


@pytest.mark.parametrize("steps", [(Step(upper=0, adjustment=0),), (Step(adjustment=0),)])
def test_the_threshold_belongs_to_the_values_that_the_alarm_watches_for(
    steps: tuple[Step, ...],
) -> None:
    idle = Alarm(
        name="idle",
        metric=SLOW,
        comparison=Comparison.LESS_OR_EQUAL,
        threshold=0,
        evaluation_periods=1,
    )
    policy = StepScaling(name="go", alarm=idle, adjustment_type="ExactCapacity", steps=steps)
    assert policy.desired(2, 0) == 0


@pytest.mark.parametrize(("kind", "desired"), [("ChangeInCapacity", 8), ("ExactCapacity", 5)])
def test_the_other_adjustment_types(kind: AdjustmentType, desired: int) -> None:
    assert stepping((Step(lower=0, adjustment=5),), kind).desired(3, 50) == desired


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((), "got none"),
        ((Step(lower=0, upper=5, adjustment=1), Step(lower=6, adjustment=2)), "a gap"),
        (
            (Step(lower=0, upper=5, adjustment=1), Step(lower=4, adjustment=2)),
            "an overlap|a overlap",
        ),
        ((Step(lower=0, upper=5, adjustment=1),), "the highest must have none"),
        ((Step(lower=-5, upper=0, adjustment=-1),), "the lowest must have none"),
        ((Step(lower=5, upper=5, adjustment=1),), "lower must be below upper"),
    ],
)
def test_steps_that_leave_a_value_undecided_are_refused(
    steps: tuple[Step, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        stepping(steps)


@pytest.mark.parametrize(
    ("capacity", "wanted", "last", "result"),
    [
        (7, 10, Change(2, 300, 0), 8),  # +3 during the cooldown of a +2 adds 1: AWS's example
        (7, 9, Change(2, 300, 0), 7),  # no larger scale-out
        (7, 9, Change(2, 50, 0), 9),  # cooldown over
        (7, 5, Change(2, 300, 0), 5),  # a scale-out does not hold back a scale-in
        (7, 5, Change(-1, 300, 0), 7),  # scale-in blocked
        (7, 9, Change(-1, 300, 0), 9),  # scale-out at once
        (7, 5, Change(-1, 300, None), 7),  # not fulfilled: the cooldown has not begun
        (7, 9, None, 9),
    ],
)
def test_cooldowns_are_asymmetric(
    capacity: int, wanted: int, last: Change | None, result: int
) -> None:
    assert allowed(capacity, wanted, last, now=100) == result
