"""Target tracking: its two alarms and the capacity it wants."""

from __future__ import annotations

import pytest

from autoscaling.alarm import Comparison
from autoscaling.assumptions import Assumptions
from autoscaling.metric import Metric
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
