"""Copies scale from none to the most, and the first refused request starts one."""

from __future__ import annotations

from typing import Any

from tests.support.synthesized import Synthesized, Template

POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"


def policies(template: Template) -> dict[str, dict[str, Any]]:
    return {policy["PolicyName"]: policy for policy in template.properties(POLICY)}


def test_copies_scale_from_none_to_the_most(zero: Synthesized) -> None:
    target = zero.serving.only(TARGET)
    assert target["ResourceId"] == "inference-component/twin-local"
    assert target["ScalableDimension"] == "sagemaker:inference-component:DesiredCopyCount"
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 3)
    assert set(policies(zero.serving)) == {"concurrency", "wake"}


def test_the_first_refused_request_starts_exactly_one_copy(zero: Synthesized) -> None:
    assert policies(zero.serving)["wake"]["StepScalingPolicyConfiguration"] == {
        "AdjustmentType": "ExactCapacity",
        "Cooldown": 60,
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    }
    (alarm,) = [
        a for a in zero.serving.properties("AWS::CloudWatch::Alarm") if a.get("AlarmActions")
    ]
    (action,) = alarm["AlarmActions"]
    assert zero.serving.raw["Resources"][action["Ref"]]["Properties"]["PolicyName"] == "wake"
    assert alarm["MetricName"] == "NoCapacityInvocationFailures"
    assert (alarm["Statistic"], alarm["Period"], alarm["Threshold"]) == ("Maximum", 30, 1)
    assert (alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (1, 1)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["TreatMissingData"] == "missing"
