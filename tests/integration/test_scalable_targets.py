"""Scalable targets leave, and come back with their policies, schedules and alarms."""

from __future__ import annotations

import boto3
import pytest

from lambda_api.handlers.scalable_targets import ScalableTargets

ENDPOINT, VARIANT = "twin-handover", "g6e-xlarge"
KEY = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/{ENDPOINT}/variant/{VARIANT}",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


@pytest.fixture
def clients(cloud_environment, storage, monkeypatch):
    for name, value in cloud_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud_environment["AWS_ENDPOINT_URL_S3"])
    return boto3.client("application-autoscaling"), boto3.client("cloudwatch")


@pytest.fixture
def targets(clients):
    return ScalableTargets.connect(bucket="jobs", prefix="scaling/", alarm_prefix="stack-")


@pytest.fixture
def registered(clients):
    """A target with a policy of each kind, a schedule, and an alarm that acts by a policy."""
    scaling, cloudwatch = clients
    scaling.register_scalable_target(**KEY, MinCapacity=1, MaxCapacity=4)
    step = scaling.put_scaling_policy(
        **KEY,
        PolicyName="wake",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ExactCapacity",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
        },
    )
    scaling.put_scaling_policy(
        **KEY,
        PolicyName="concurrency",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 5,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
        },
    )
    scaling.put_scheduled_action(
        **KEY,
        ScheduledActionName="mornings",
        Schedule="cron(0 8 ? * MON-FRI *)",
        ScalableTargetAction={"MinCapacity": 2},
    )
    cloudwatch.put_metric_alarm(
        AlarmName="stack-wake",
        AlarmActions=[step["PolicyARN"], "arn:aws:sns:us-east-1:000000000000:told"],
        Namespace="AWS/SageMaker",
        MetricName="HasBacklogWithoutCapacity",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    return step["PolicyARN"]


def told(clients):
    scaling, cloudwatch = clients
    (target,) = scaling.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[KEY["ResourceId"]]
    )["ScalableTargets"]
    policies = scaling.describe_scaling_policies(**KEY)["ScalingPolicies"]
    actions = scaling.describe_scheduled_actions(**KEY)["ScheduledActions"]
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=["stack-wake"])["MetricAlarms"]
    arns = {policy["PolicyName"]: policy["PolicyARN"] for policy in policies}
    made = ("PolicyARN", "CreationTime", "Alarms")
    return {
        "limits": (target["MinCapacity"], target["MaxCapacity"]),
        "policies": sorted(
            repr({k: v for k, v in policy.items() if k not in made}) for policy in policies
        ),
        "actions": [
            (a["ScheduledActionName"], a["Schedule"], a["ScalableTargetAction"]) for a in actions
        ],
        "acts by wake": alarm["AlarmActions"][0] == arns["wake"],
        "and": alarm["AlarmActions"][1:],
        "alarm": (alarm["MetricName"], alarm["Period"], alarm["Threshold"]),
    }


def test_what_was_released_comes_back_as_it_was(clients, targets, registered):
    before = told(clients)

    assert targets.release(ENDPOINT, VARIANT, kept_as="config-1")
    found = clients[0].describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[KEY["ResourceId"]]
    )
    assert found["ScalableTargets"] == []
    assert targets.restore("config-1")

    assert told(clients) == before
    assert before["acts by wake"]


def test_restoring_again_changes_nothing(clients, targets, registered):
    targets.release(ENDPOINT, VARIANT, kept_as="config-1")
    targets.restore("config-1")
    once = told(clients)

    targets.restore("config-1")

    assert told(clients)["policies"] == once["policies"]


def test_a_variant_that_does_not_scale_has_nothing_to_hand_over(targets):
    assert not targets.release(ENDPOINT, "c7i-large", kept_as="config-2")
    assert not targets.restore("config-2")
