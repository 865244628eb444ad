"""Alarms that ring when a test says so."""

from __future__ import annotations

from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.deployment import unique


def silent_alarm(cloud: Cloud) -> str:
    """Make an alarm that is evaluated once a day: only `ring` brings it to ALARM."""
    name = unique("alarm")
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="Test",
        MetricName=name,
        Statistic="Sum",
        Period=86400,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    return name


def ring(cloud: Cloud, name: str) -> None:
    cloud.client("cloudwatch").set_alarm_state(
        AlarmName=name, StateValue="ALARM", StateReason="test"
    )
