"""A scalable target and its policies, as a client of Application Auto Scaling makes them."""

from __future__ import annotations

from typing import Any

from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.deployment import VARIANT


class Scaling:
    """A registered target."""

    def __init__(self, cloud: Cloud, resource: str, dimension: str, least: int, most: int) -> None:
        self.client = cloud.client("application-autoscaling")
        self.cloudwatch = cloud.client("cloudwatch")
        self.key = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": resource,
            "ScalableDimension": f"sagemaker:{dimension}",
        }
        self.client.register_scalable_target(**self.key, MinCapacity=least, MaxCapacity=most)

    @classmethod
    def of_variant(cls, cloud: Cloud, endpoint: str, least: int, most: int) -> Scaling:
        resource = f"endpoint/{endpoint}/variant/{VARIANT}"
        return cls(cloud, resource, "variant:DesiredInstanceCount", least, most)

    @classmethod
    def of_component(cls, cloud: Cloud, name: str, least: int, most: int) -> Scaling:
        resource = f"inference-component/{name}"
        return cls(cloud, resource, "inference-component:DesiredCopyCount", least, most)

    def step(self, name: str, adjustment: dict[str, Any], kind: str, **alarm: Any) -> str:
        """Put a step policy and its alarm; return the alarm's name."""
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
        alarm_name = f"{name}-{self.key['ResourceId'].split('/')[1]}"
        self.cloudwatch.put_metric_alarm(
            AlarmName=alarm_name,
            AlarmActions=[policy["PolicyARN"]],
            Namespace="AWS/SageMaker",
            Statistic="Maximum",
            **alarm,
        )
        return alarm_name

    def track(self, name: str, target: float, metric: dict[str, Any] | str, **options: Any) -> Any:
        """Put a target tracking policy on a predefined metric's name or on a metric."""
        kind = "Predefined" if isinstance(metric, str) else "Customized"
        given = {"PredefinedMetricType": metric} if isinstance(metric, str) else metric
        return self.client.put_scaling_policy(
            **self.key,
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": target,
                f"{kind}MetricSpecification": given,
                "ScaleInCooldown": 60,
                "ScaleOutCooldown": 60,
                **options,
            },
        )

    def activities(self) -> list[dict[str, Any]]:
        """The newest first."""
        found = self.client.describe_scaling_activities(**self.key)
        return list(found["ScalingActivities"])

    def causes(self) -> list[str]:
        return [activity["Cause"] for activity in self.activities()]
