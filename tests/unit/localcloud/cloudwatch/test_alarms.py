from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from localcloud.clock import Clock
from localcloud.cloudwatch.alarms import AlarmEvaluator
from localcloud.ministack_hooks import Metrics
from tests.support.eventually import eventually

METRICS = Metrics("000000000042", "us-east-1")


@pytest.fixture
def evaluator() -> Iterator[AlarmEvaluator]:
    """An evaluator by a clock in which a minute takes 60 ms; all alarms are deleted after."""
    yield AlarmEvaluator(Clock(1000))
    for name in ("slow", "quick", "scaling", "odd", "textual"):
        METRICS.delete_alarm(name)


def put(name: str, **changes: object) -> None:
    alarm = {
        "AlarmName": name,
        "Namespace": "Test",
        "MetricName": "Latency",
        "Dimensions": [{"Name": "Model", "Value": name}],
        "ExtendedStatistic": "p90",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 100,
        "ComparisonOperator": "GreaterThanThreshold",
        **changes,
    }
    METRICS.put_alarm(alarm)


def publish(name: str, *values: float) -> None:
    METRICS.put("Test", {"Latency": values}, {"Model": name}, at=time.time(), each=True)


def test_percentile_of_an_alarms_own_dimensions_counts(evaluator: AlarmEvaluator) -> None:
    put("slow")
    put("quick")

    def seen() -> bool:
        publish("slow", 1, 1, 200, 300)
        publish("quick", 1, 2, 3, 4)
        evaluator.step()
        states = METRICS.alarm_state("slow"), METRICS.alarm_state("quick")
        return states == ("ALARM", "OK")

    eventually(seen)


def test_missing_data_is_treated_as_the_alarm_says(evaluator: AlarmEvaluator) -> None:
    put("slow", TreatMissingData="breaching")
    put("quick", TreatMissingData="notBreaching")

    def seen() -> bool:
        evaluator.step()
        states = METRICS.alarm_state("slow"), METRICS.alarm_state("quick")
        return states == ("ALARM", "OK")

    eventually(seen)


def test_alarms_of_policies_and_those_not_understood_are_left_alone(
    evaluator: AlarmEvaluator, caplog: pytest.LogCaptureFixture
) -> None:
    policy = "arn:aws:autoscaling:us-east-1:000000000042:scalingPolicy:p"
    missing = {"MetricName": "Unpublished", "TreatMissingData": "breaching"}
    put("scaling", AlarmActions=[policy], **missing)
    put("odd", ComparisonOperator="GreaterThanUpperThreshold", **missing)
    put("textual", Period="60", EvaluationPeriods="1", **missing)
    put("quick", TreatMissingData="notBreaching")

    def seen() -> bool:
        evaluator.step()
        return METRICS.alarm_state("quick") == "OK"

    eventually(seen)
    assert METRICS.alarm_state("scaling") == METRICS.alarm_state("odd") == "INSUFFICIENT_DATA"
    for name in ("odd", "textual"):
        assert f"alarm {name} is not evaluated" in caplog.text
