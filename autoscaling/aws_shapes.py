"""Parsers of the AWS APIs' dictionaries, without AWS imports.

The shapes are those of RegisterScalableTarget, PutScalingPolicy, PutScheduledAction (Application
Auto Scaling) and PutMetricAlarm (CloudWatch), as boto3 and CloudFormation spell them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from autoscaling.alarm import Alarm, Comparison, MissingData
from autoscaling.metric import Metric
from autoscaling.schedule import ScheduledAction
from autoscaling.step_scaling import Step, StepScaling
from autoscaling.target import ScalableTarget, Suspended
from autoscaling.target_tracking import TargetTracking

Shape = Mapping[str, Any]

# (metric, statistic, period) behind each predefined metric.
# https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html
_PREDEFINED: dict[str, tuple[str, Any, int]] = {
    "SageMakerVariantInvocationsPerInstance": ("InvocationsPerInstance", "Sum", 60),
    "SageMakerVariantConcurrentRequestsPerModelHighResolution": (
        "ConcurrentRequestsPerModel",
        "Average",
        10,
    ),
    "SageMakerInferenceComponentInvocationsPerCopy": ("InvocationsPerCopy", "Sum", 60),
    "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution": (
        "ConcurrentRequestsPerCopy",
        "Average",
        10,
    ),
}


def scalable_target(request: Shape) -> ScalableTarget:
    """Parse RegisterScalableTarget."""
    suspended = request.get("SuspendedState", {})
    return ScalableTarget(
        min_capacity=request["MinCapacity"],
        max_capacity=request["MaxCapacity"],
        suspended=Suspended(
            scale_in=suspended.get("DynamicScalingInSuspended", False),
            scale_out=suspended.get("DynamicScalingOutSuspended", False),
            scheduled=suspended.get("ScheduledScalingSuspended", False),
        ),
        noun="copy" if request["ResourceId"].startswith("inference-component/") else "instance",
    )


def target_tracking(request: Shape) -> TargetTracking:
    """Parse a PutScalingPolicy of type TargetTrackingScaling.

    Raises:
        ValueError: a metric that is not SageMaker's, or metric math.
    """
    configuration = request["TargetTrackingScalingPolicyConfiguration"]
    if "PredefinedMetricSpecification" in configuration:
        kind = configuration["PredefinedMetricSpecification"]["PredefinedMetricType"]
        metric = predefined_metric(kind, request["ResourceId"])
    else:
        metric = _metric(configuration["CustomizedMetricSpecification"])
    return TargetTracking(
        name=request["PolicyName"],
        metric=metric,
        target=float(configuration["TargetValue"]),
        scale_out_cooldown=configuration.get("ScaleOutCooldown", 300),
        scale_in_cooldown=configuration.get("ScaleInCooldown", 300),
        disable_scale_in=configuration.get("DisableScaleIn", False),
    )


def predefined_metric(kind: str, resource_id: str) -> Metric:
    """Return the metric behind a predefined type for a SageMaker resource.

    Args:
        kind: e.g. SageMakerVariantInvocationsPerInstance.
        resource_id: endpoint/NAME/variant/NAME or inference-component/NAME.
    """
    if kind not in _PREDEFINED:
        raise ValueError(
            f"PredefinedMetricType: got {kind!r}; must be one of {', '.join(_PREDEFINED)}"
        )
    name, statistic, period = _PREDEFINED[kind]
    parts = resource_id.split("/")
    dimensions = (
        (("InferenceComponentName", parts[1]),)
        if parts[0] == "inference-component"
        else (("EndpointName", parts[1]), ("VariantName", parts[3]))
    )
    return Metric(
        namespace="AWS/SageMaker",
        name=name,
        dimensions=dimensions,
        statistic=statistic,
        period=period,
    )


def step_scaling(request: Shape, alarm: Alarm) -> StepScaling:
    """Parse a PutScalingPolicy of type StepScaling, run by an alarm of its own."""
    configuration = request["StepScalingPolicyConfiguration"]
    return StepScaling(
        name=request["PolicyName"],
        alarm=alarm,
        adjustment_type=configuration["AdjustmentType"],
        steps=tuple(
            Step(
                lower=step.get("MetricIntervalLowerBound"),
                upper=step.get("MetricIntervalUpperBound"),
                adjustment=step["ScalingAdjustment"],
            )
            for step in configuration["StepAdjustments"]
        ),
        min_adjustment_magnitude=configuration.get("MinAdjustmentMagnitude", 0),
        cooldown=configuration.get("Cooldown", 300),
    )


def metric_alarm(request: Shape) -> Alarm:
    """Parse PutMetricAlarm of a single metric."""
    return Alarm(
        name=request["AlarmName"],
        metric=_metric(request),
        comparison=Comparison(request["ComparisonOperator"]),
        threshold=float(request["Threshold"]),
        evaluation_periods=request["EvaluationPeriods"],
        datapoints_to_alarm=request.get("DatapointsToAlarm"),
        missing_data=MissingData(request.get("TreatMissingData", "missing")),
    )


def scheduled_action(request: Shape, created: float = 0.0) -> ScheduledAction:
    """Parse PutScheduledAction, called at `created` epoch seconds."""
    action = request["ScalableTargetAction"]
    start, end = request.get("StartTime"), request.get("EndTime")
    return ScheduledAction(
        name=request["ScheduledActionName"],
        schedule=request["Schedule"],
        timezone=request.get("Timezone", "UTC"),
        min_capacity=action.get("MinCapacity"),
        max_capacity=action.get("MaxCapacity"),
        start=None if start is None else _epoch(start),
        end=None if end is None else _epoch(end),
        created=created,
    )


def _metric(shape: Shape) -> Metric:
    if "MetricName" not in shape:
        raise ValueError(
            f"metric: got {sorted(shape)}; must name one metric, metric math is not modelled"
        )
    dimensions = shape.get("Dimensions", ())
    return Metric(
        namespace=shape["Namespace"],
        name=shape["MetricName"],
        dimensions=tuple(sorted((pair["Name"], pair["Value"]) for pair in dimensions)),
        statistic=shape.get("ExtendedStatistic") or shape["Statistic"],
        period=shape.get("Period", 60),
    )


def _epoch(time: datetime | float | str) -> float:
    if isinstance(time, str):
        time = datetime.fromisoformat(time)
    return time.timestamp() if isinstance(time, datetime) else float(time)
