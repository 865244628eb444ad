"""Scaling policies run for real: a server whose clock is 60 times as fast."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.ports import free_port
from localcloud.settings import Settings
from tests.localcloud import cloud as local
from tests.localcloud.cloud import Cloud
from tests.localcloud.sagemaker.async_deployment import AsyncDeployment
from tests.localcloud.sagemaker.deployment import engines


@pytest.fixture(scope="module")
def fast(data_dir: Path) -> Iterator[Cloud]:
    """A local cloud in which an hour takes a minute."""
    running = local.start(Settings(port=free_port(), data_dir=data_dir, clock_factor=60))
    yield running
    local.stop(running)


@pytest.fixture
def queue(fast: Cloud, model_file: Path) -> Iterator[AsyncDeployment]:
    deployment = AsyncDeployment(fast, model_file)
    deployment.create(deployment.container(ALIAS=deployment.endpoint))
    yield deployment
    deployment.settled()
    deployment.delete()


class Scaling:
    """A scalable target for an endpoint's variant."""

    def __init__(self, queue: AsyncDeployment, least: int, most: int) -> None:
        self.queue = queue
        self.client = queue.cloud.client("application-autoscaling")
        self.cloudwatch = queue.cloud.client("cloudwatch")
        self.key = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{queue.endpoint}/variant/AllTraffic",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }
        self.client.register_scalable_target(**self.key, MinCapacity=least, MaxCapacity=most)

    def step(self, name: str, adjustment: dict[str, Any], kind: str, **alarm: Any) -> None:
        policy = self.client.put_scaling_policy(
            **self.key,
            PolicyName=name,
            PolicyType="StepScaling",
            StepScalingPolicyConfiguration={
                "AdjustmentType": kind,
                "StepAdjustments": [adjustment],
                "Cooldown": 60,
            },
        )
        self.cloudwatch.put_metric_alarm(
            AlarmName=f"{name}-{self.queue.endpoint}",
            AlarmActions=[policy["PolicyARN"]],
            Namespace="AWS/SageMaker",
            Dimensions=[{"Name": "EndpointName", "Value": self.queue.endpoint}],
            Statistic="Maximum",
            Period=60,
            TreatMissingData="notBreaching",
            **alarm,
        )

    def wake(self) -> None:
        self.step(
            "wake",
            {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1},
            "ChangeInCapacity",
            MetricName="HasBacklogWithoutCapacity",
            EvaluationPeriods=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            Threshold=1,
        )

    def track(self, target: float, **options: Any) -> dict[str, Any]:
        metric = {
            "Namespace": "AWS/SageMaker",
            "MetricName": "ApproximateBacklogSizePerInstance",
            "Dimensions": [{"Name": "EndpointName", "Value": self.queue.endpoint}],
            "Statistic": "Average",
        }
        return dict(
            self.client.put_scaling_policy(
                **self.key,
                PolicyName="backlog",
                PolicyType="TargetTrackingScaling",
                TargetTrackingScalingPolicyConfiguration={
                    "TargetValue": target,
                    "CustomizedMetricSpecification": metric,
                    "ScaleInCooldown": 60,
                    "ScaleOutCooldown": 60,
                    **options,
                },
            )
        )

    def instances(self) -> int:
        return len(engines(self.queue.cloud, self.queue.endpoint))

    def causes(self) -> list[str]:
        found = self.client.describe_scaling_activities(**self.key)["ScalingActivities"]
        return [activity["Cause"] for activity in found]


def eventually(condition: Callable[[], bool], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_backlog_scales_from_zero_out_and_in_to_zero(queue: AsyncDeployment) -> None:
    queue.scale(0)
    scaling = Scaling(queue, 0, 2)
    scaling.wake()
    alarms = scaling.track(5)["Alarms"]
    accepted = [queue.submit(tokens=400) for _ in range(120)]
    eventually(lambda: scaling.instances() == 1)
    eventually(lambda: scaling.instances() == 2)
    done = [message["inferenceId"] for message in queue.messages(120, seconds=90)]
    assert sorted(done) == sorted(one["InferenceId"] for one in accepted)
    eventually(lambda: scaling.instances() == 0)
    causes = scaling.causes()
    assert causes[-1] == (
        f"monitor alarm wake-{queue.endpoint} in state ALARM triggered policy wake"
    )
    high, low = (alarm["AlarmName"] for alarm in alarms)
    assert f"monitor alarm {high} in state ALARM triggered policy backlog" in causes
    assert causes[0] == f"monitor alarm {low} in state ALARM triggered policy backlog"
    shown = scaling.cloudwatch.describe_alarms(AlarmNames=[high, low])["MetricAlarms"]
    assert {alarm["StateValue"] for alarm in shown} == {"OK", "ALARM"}


def test_idle_endpoint_goes_and_its_alarms_with_the_target(queue: AsyncDeployment) -> None:
    scaling = Scaling(queue, 0, 2)
    (high,) = scaling.track(5, DisableScaleIn=True)["Alarms"]
    scaling.step(
        "go",
        {"MetricIntervalUpperBound": 0, "ScalingAdjustment": 0},
        "ExactCapacity",
        MetricName="ApproximateBacklogSize",
        EvaluationPeriods=3,
        ComparisonOperator="LessThanOrEqualToThreshold",
        Threshold=0,
    )
    eventually(lambda: scaling.instances() == 0)

    def alarms() -> list[Any]:
        found = scaling.cloudwatch.describe_alarms(AlarmNames=[high["AlarmName"]])
        return list(found["MetricAlarms"])

    assert len(alarms()) == 1
    scaling.client.deregister_scalable_target(**scaling.key)
    eventually(lambda: alarms() == [])


def test_limits_are_kept_at_once(queue: AsyncDeployment) -> None:
    scaling = Scaling(queue, 2, 3)
    eventually(lambda: scaling.instances() == 2)
    assert scaling.causes() == ["minimum capacity was set to 2"]
