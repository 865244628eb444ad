"""Capacity follows a metric of SageMaker's or of the engine's, within limits that move."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.config import AutoscalingConfig
from tests.support.synthesized import Synthesized, Template

POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"


def policies(template: Template) -> dict[str, dict[str, Any]]:
    return {policy["PolicyName"]: policy for policy in template.properties(POLICY)}


def test_schedules_move_the_limits_on_the_clock_of_their_zone(pooled: Synthesized) -> None:
    assert pooled.serving.only(TARGET)["ScheduledActions"] == [
        {
            "ScheduledActionName": "office-hours",
            "Schedule": "cron(0 8 ? * MON-FRI *)",
            "Timezone": "Europe/Berlin",
            "ScalableTargetAction": {"MinCapacity": 3},
        },
        {
            "ScheduledActionName": "fair",
            "Schedule": "at(2030-01-31T08:00:00)",
            "Timezone": "UTC",
            "ScalableTargetAction": {"MinCapacity": 4, "MaxCapacity": 4},
        },
    ]


def test_an_engines_own_metric_is_read_from_the_projects_namespace(pooled: Synthesized) -> None:
    (policy,) = policies(pooled.serving).values()
    assert policy["PolicyName"] == "queued-requests"
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == 3
    assert "PredefinedMetricSpecification" not in tracking
    assert tracking["CustomizedMetricSpecification"] == {
        "Namespace": "twin",
        "MetricName": "QueuedRequestsPerInstance",
        "Dimensions": [{"Name": "EndpointName", "Value": "twin-prod"}],
        "Statistic": "Average",
    }


def tracked(capacity: Any, metric: str) -> dict[str, Any]:
    """The target tracking of a capacity by a metric, alone in a stack."""
    from aws_cdk import App, Stack
    from aws_cdk.assertions import Template as Synthesis

    from stacks.constructs.scaling.realtime_scaling import RealtimeScaling

    stack = Stack(App(), "Stack")
    scaling = AutoscalingConfig.model_validate({"metric": metric, "target": 0.5})
    RealtimeScaling(
        stack,
        "Scaling",
        capacity=capacity,
        scaling=scaling,
        endpoint_name="twin",
        namespace="project",
    )
    (policy,) = Synthesis.from_stack(stack).find_resources(POLICY).values()
    found: dict[str, Any] = policy["Properties"]["TargetTrackingScalingPolicyConfiguration"]
    return found


@pytest.mark.parametrize(
    ("metric", "of_instances", "of_copies"),
    [
        (
            "concurrency",
            "SageMakerVariantConcurrentRequestsPerModelHighResolution",
            "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
        ),
        (
            "invocations",
            "SageMakerVariantInvocationsPerInstance",
            "SageMakerInferenceComponentInvocationsPerCopy",
        ),
    ],
)
def test_sagemakers_metrics_are_per_instance_or_per_copy(
    metric: str, of_instances: str, of_copies: str
) -> None:
    from stacks.constructs.scaling.scalable_dimension import copies_of, instances_of

    for capacity, expected in (
        (instances_of("twin", "g6-xlarge"), of_instances),
        (copies_of("twin"), of_copies),
    ):
        specification = tracked(capacity, metric)["PredefinedMetricSpecification"]
        assert specification == {"PredefinedMetricType": expected}


def test_the_share_of_the_cache_is_an_engines_metric_too() -> None:
    from stacks.constructs.scaling.scalable_dimension import copies_of

    metric = tracked(copies_of("twin"), "kv-cache-use")["CustomizedMetricSpecification"]
    assert metric["MetricName"] == "KvCacheUse"
