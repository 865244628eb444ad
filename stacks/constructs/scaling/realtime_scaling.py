"""Scaling of the instances, or copies, that answer in real time."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_applicationautoscaling as autoscaling
from constructs import Construct

from stacks.config import AutoscalingConfig
from stacks.constructs.scaling.scalable_dimension import ScalableDimension
from stacks.constructs.scaling.scalable_target import ScalableTarget

_Tracking = autoscaling.CfnScalingPolicy
# What the engines report themselves, of a whole endpoint.
_ENGINE_METRICS = {"queued-requests": "QueuedRequestsPerInstance", "kv-cache-use": "KvCacheUse"}


class RealtimeScaling(Construct):
    """Target tracking of a metric, between two bounds that schedules may move.

    Attributes:
        target: the capacity within its bounds.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        capacity: ScalableDimension,
        scaling: AutoscalingConfig,
        endpoint_name: str,
        namespace: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self.target = ScalableTarget(
            self,
            "Target",
            capacity=capacity,
            min_capacity=scaling.min_instances,
            max_capacity=scaling.max_instances,
            schedules=scaling.schedules,
        )
        metric = scaling.metric
        if metric in capacity.metrics:
            specification = _predefined(capacity.metrics[metric])
        else:
            specification = _customized(_ENGINE_METRICS[metric], namespace, endpoint_name)
        _Tracking(
            self,
            metric.title().replace("-", ""),
            policy_name=metric,
            policy_type="TargetTrackingScaling",
            scaling_target_id=self.target.ref,
            target_tracking_scaling_policy_configuration=_Tracking.TargetTrackingScalingPolicyConfigurationProperty(
                target_value=scaling.target,
                scale_in_cooldown=scaling.scale_in_cooldown_seconds,
                scale_out_cooldown=scaling.scale_out_cooldown_seconds,
                **specification,
            ),
        )


def _predefined(metric: str) -> dict[str, Any]:
    specification = _Tracking.PredefinedMetricSpecificationProperty(predefined_metric_type=metric)
    return {"predefined_metric_specification": specification}


def _customized(metric: str, namespace: str, endpoint_name: str) -> dict[str, Any]:
    endpoint = _Tracking.MetricDimensionProperty(name="EndpointName", value=endpoint_name)
    specification = _Tracking.CustomizedMetricSpecificationProperty(
        namespace=namespace, metric_name=metric, dimensions=[endpoint], statistic="Average"
    )
    return {"customized_metric_specification": specification}
