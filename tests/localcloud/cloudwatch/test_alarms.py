"""Alarms, by a clock that is 60 times as fast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.eventually import eventually
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.deployment import unique


def alarm(cloud: Cloud, **definition: Any) -> Callable[[], str]:
    """Put an alarm, and return what tells its state."""
    name = unique("alarm")
    cloudwatch = cloud.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        **{
            "Period": 60,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
            **definition,
        },
    )

    def state() -> str:
        (found,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return str(found["StateValue"])

    return state


def test_message_in_a_queue_raises_its_alarm_and_its_receipt_lowers_it(fast: Cloud) -> None:
    sqs = fast.client("sqs")
    name, other = unique("dead"), unique("other")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.create_queue(QueueName=other)

    def watched(queue: str, metric: str, threshold: float) -> Callable[[], str]:
        return alarm(
            fast,
            Namespace="AWS/SQS",
            MetricName=metric,
            Dimensions=[{"Name": "QueueName", "Value": queue}],
            Statistic="Maximum",
            Threshold=threshold,
        )

    visible = watched(name, "ApproximateNumberOfMessagesVisible", 1)
    old = watched(name, "ApproximateAgeOfOldestMessage", 0.5)
    untouched = watched(other, "ApproximateNumberOfMessagesVisible", 1)
    eventually(lambda: visible() == "OK")
    sqs.send_message(QueueUrl=queue, MessageBody="given up")
    eventually(lambda: (visible(), old()) == ("ALARM", "ALARM"))
    assert untouched() == "OK"
    sqs.purge_queue(QueueUrl=queue)
    eventually(lambda: (visible(), old()) == ("OK", "OK"))
