"""The APIs' dictionaries as rules."""

from __future__ import annotations

import pytest

from autoscaling import aws_shapes

CONCURRENCY = "SageMakerVariantConcurrentRequestsPerModelHighResolution"


def test_the_aws_dictionaries_become_the_same_rules() -> None:
    resource = {"ResourceId": "endpoint/twin/variant/main", "PolicyName": "track"}
    policy = aws_shapes.target_tracking(
        resource
        | {
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": 5,
                "PredefinedMetricSpecification": {"PredefinedMetricType": CONCURRENCY},
                "ScaleInCooldown": 200,
            }
        }
    )
    assert (policy.metric.period, policy.scale_in_cooldown, policy.scale_out_cooldown) == (
        10,
        200,
        300,
    )
    assert policy.metric.dimensions == (("EndpointName", "twin"), ("VariantName", "main"))
    target = aws_shapes.scalable_target(
        {
            "ResourceId": "inference-component/twin",
            "MinCapacity": 0,
            "MaxCapacity": 4,
            "SuspendedState": {"DynamicScalingInSuspended": True},
        }
    )
    assert (target.noun, target.suspended.scale_in) == ("copy", True)


def test_a_wake_up_policy_parses() -> None:
    alarm = aws_shapes.metric_alarm(
        {
            "AlarmName": "wake",
            "Namespace": "AWS/SageMaker",
            "MetricName": "NoCapacityInvocationFailures",
            "Dimensions": [{"Name": "InferenceComponentName", "Value": "twin"}],
            "Statistic": "Maximum",
            "Period": 30,
            "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        }
    )
    policy = aws_shapes.step_scaling(
        {
            "PolicyName": "wake",
            "StepScalingPolicyConfiguration": {
                "AdjustmentType": "ChangeInCapacity",
                "Cooldown": 60,
                "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
            },
        },
        alarm,
    )
    assert policy.desired(0, 1) == 1
    assert alarm.metric.period == 30


def test_a_scheduled_action_parses() -> None:
    action = aws_shapes.scheduled_action(
        {
            "ScheduledActionName": "day",
            "Schedule": "cron(0 8 ? * MON-FRI *)",
            "Timezone": "Europe/Berlin",
            "StartTime": "2026-11-23T00:00:00+00:00",
            "ScalableTargetAction": {"MinCapacity": 2},
        }
    )
    assert (action.min_capacity, action.max_capacity, action.start) == (2, None, 1_795_392_000.0)


def test_a_metric_of_another_service_is_named() -> None:
    with pytest.raises(ValueError, match="must be one of SageMakerVariantInvocationsPerInstance"):
        aws_shapes.predefined_metric("ALBRequestCountPerTarget", "x")


def test_metric_math_is_refused() -> None:
    alarm = {"AlarmName": "a", "Metrics": [{"Id": "m1"}]}
    with pytest.raises(ValueError, match="must name one metric, metric math is not modelled"):
        aws_shapes.metric_alarm(alarm)
