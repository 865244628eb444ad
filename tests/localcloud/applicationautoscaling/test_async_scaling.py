"""Asynchronous endpoints scaled for real, by a clock that is 60 times as fast."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.eventually import eventually
from tests.support.localcloud.async_deployment import AsyncDeployment
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.deployment import engines
from tests.support.localcloud.scaling import Scaling


@pytest.fixture
def queue(fast: Cloud, model_file: Path) -> Iterator[AsyncDeployment]:
    deployment = AsyncDeployment(fast, model_file)
    deployment.create(deployment.container(ALIAS=deployment.endpoint))
    yield deployment
    deployment.settled()
    deployment.delete()


def scaled(queue: AsyncDeployment, least: int, most: int) -> Scaling:
    return Scaling.of_variant(queue.cloud, queue.endpoint, least, most)


def dimensions(queue: AsyncDeployment) -> list[dict[str, str]]:
    return [{"Name": "EndpointName", "Value": queue.endpoint}]


def track(scaling: Scaling, queue: AsyncDeployment, target: float, **options: Any) -> list[str]:
    metric = {
        "Namespace": "AWS/SageMaker",
        "MetricName": "ApproximateBacklogSizePerInstance",
        "Dimensions": dimensions(queue),
        "Statistic": "Average",
    }
    policy = scaling.track("backlog", target, metric, **options)
    return [alarm["AlarmName"] for alarm in policy["Alarms"]]


def instances(queue: AsyncDeployment) -> int:
    return len(engines(queue.cloud, queue.endpoint))


def test_backlog_scales_from_zero_out_and_in_to_zero(queue: AsyncDeployment) -> None:
    queue.scale(0)
    scaling = scaled(queue, 0, 2)
    scaling.step(
        "wake",
        {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1},
        "ChangeInCapacity",
        MetricName="HasBacklogWithoutCapacity",
        Dimensions=dimensions(queue),
        Period=60,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        Threshold=1,
        TreatMissingData="notBreaching",
    )
    high, low = track(scaling, queue, 5)
    accepted = [queue.submit(tokens=400) for _ in range(120)]
    eventually(lambda: instances(queue) >= 1)
    eventually(lambda: instances(queue) == 2)
    done = [message["inferenceId"] for message in queue.messages(120)]
    assert sorted(done) == sorted(one["InferenceId"] for one in accepted)
    eventually(lambda: instances(queue) == 0)
    causes = scaling.causes()
    assert causes[-1] == (
        f"monitor alarm wake-{queue.endpoint} in state ALARM triggered policy wake"
    )
    assert f"monitor alarm {high} in state ALARM triggered policy backlog" in causes
    assert causes[0] == f"monitor alarm {low} in state ALARM triggered policy backlog"
    shown = scaling.cloudwatch.describe_alarms(AlarmNames=[high, low])["MetricAlarms"]
    assert {alarm["StateValue"] for alarm in shown} == {"OK", "ALARM"}


def test_idle_endpoint_goes_and_its_alarms_with_the_target(queue: AsyncDeployment) -> None:
    scaling = scaled(queue, 0, 2)
    (high,) = track(scaling, queue, 5, DisableScaleIn=True)
    scaling.step(
        "go",
        {"MetricIntervalUpperBound": 0, "ScalingAdjustment": 0},
        "ExactCapacity",
        MetricName="ApproximateBacklogSize",
        Dimensions=dimensions(queue),
        Period=60,
        EvaluationPeriods=3,
        ComparisonOperator="LessThanOrEqualToThreshold",
        Threshold=0,
        TreatMissingData="notBreaching",
    )
    eventually(lambda: instances(queue) == 0)

    def alarms() -> list[Any]:
        found = scaling.cloudwatch.describe_alarms(AlarmNames=[high])
        return list(found["MetricAlarms"])

    assert len(alarms()) == 1
    scaling.client.deregister_scalable_target(**scaling.key)
    eventually(lambda: alarms() == [])


def test_limits_are_kept_at_once(queue: AsyncDeployment) -> None:
    scaling = scaled(queue, 2, 3)
    eventually(lambda: instances(queue) == 2)
    assert scaling.causes() == ["minimum capacity was set to 2"]
