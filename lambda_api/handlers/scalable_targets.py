"""Scalable targets of endpoint variants, with policies and schedules: taken away and put back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_application_autoscaling import ApplicationAutoScalingClient
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_s3 import S3Client

REFUSALS = (BotoCoreError, ClientError)
"""Errors of a request that AWS refused, or never got."""

_DIMENSION = "sagemaker:variant:DesiredInstanceCount"
_TARGET = ("MinCapacity", "MaxCapacity", "SuspendedState")
_POLICY = (
    "PolicyName",
    "PolicyType",
    "StepScalingPolicyConfiguration",
    "TargetTrackingScalingPolicyConfiguration",
)
_ACTION = (
    "ScheduledActionName",
    "Schedule",
    "Timezone",
    "StartTime",
    "EndTime",
    "ScalableTargetAction",
)


@dataclass(frozen=True, kw_only=True)
class ScalableTargets:
    """Targets of an endpoint, kept in a bucket while none is registered.

    Attributes:
        scaling: Application Auto Scaling's client.
        alarms: CloudWatch's client.
        s3: S3's client.
        bucket: The name of the bucket.
        prefix: The beginning of the keys in it.
        alarm_prefix: The beginning of the names of alarms that may act by the policies.
    """

    scaling: ApplicationAutoScalingClient
    alarms: CloudWatchClient
    s3: S3Client
    bucket: str
    prefix: str
    alarm_prefix: str

    @classmethod
    def connect(cls, *, bucket: str, prefix: str, alarm_prefix: str) -> Self:
        """Return the targets with clients of their own; no request is sent yet."""
        return cls(
            scaling=boto3.client("application-autoscaling"),
            alarms=boto3.client("cloudwatch"),
            s3=boto3.client("s3"),
            bucket=bucket,
            prefix=prefix,
            alarm_prefix=alarm_prefix,
        )

    def release(self, endpoint: str, variant: str, *, kept_as: str) -> bool:
        """Deregister a variant, after its scaling was written down under a name.

        Returns:
            Whether it was registered.
        """
        key = _key(endpoint, variant)
        targets = self.scaling.describe_scalable_targets(
            ServiceNamespace="sagemaker", ResourceIds=[key["ResourceId"]]
        )["ScalableTargets"]
        if not targets:
            return False
        policies = self.scaling.describe_scaling_policies(**key)["ScalingPolicies"]
        pages = self.scaling.get_paginator("describe_scheduled_actions").paginate(**key)
        kept = {
            "key": key,
            "target": _only(targets[0], _TARGET),
            "policies": [_only(policy, _POLICY) for policy in policies],
            "arns": {policy["PolicyName"]: policy["PolicyARN"] for policy in policies},
            "actions": [_only(a, _ACTION) for page in pages for a in page["ScheduledActions"]],
        }
        body = json.dumps(kept, default=str).encode()
        self.s3.put_object(Bucket=self.bucket, Key=self._object(kept_as), Body=body)
        # Its policies and scheduled actions go with it.
        self.scaling.deregister_scalable_target(**key)
        return True

    def restore(self, kept_as: str) -> bool:
        """Register the target that was released under a name, with policies and actions.

        Returns:
            Whether there was anything under that name.
        """
        try:
            answer = self.s3.get_object(Bucket=self.bucket, Key=self._object(kept_as))
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return False
            raise
        kept = json.loads(answer["Body"].read())
        key = kept["key"]
        self.scaling.register_scalable_target(**key, **kept["target"])
        arns = {}
        for policy in kept["policies"]:
            put = self.scaling.put_scaling_policy(**key, **policy)
            arns[kept["arns"][policy["PolicyName"]]] = put["PolicyARN"]
        for action in kept["actions"]:
            self.scaling.put_scheduled_action(**key, **action)
        self._follow(arns)
        return True

    def _follow(self, arns: Mapping[str, str]) -> None:
        """Let alarms act by policies that were made again, under another ARN."""
        pages = self.alarms.get_paginator("describe_alarms").paginate(
            AlarmNamePrefix=self.alarm_prefix
        )
        for alarm in (alarm for page in pages for alarm in page["MetricAlarms"]):
            before = alarm.get("AlarmActions", [])
            after = [arns.get(action, action) for action in before]
            if after != before:
                self.alarms.put_metric_alarm(**{**_settings(alarm), "AlarmActions": after})

    def _object(self, name: str) -> str:
        return f"{self.prefix}{name}.json"


def _key(endpoint: str, variant: str) -> Any:  # noqa: ANN401 - the parameters of many operations
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/{variant}",
        "ScalableDimension": _DIMENSION,
    }


def _only(document: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: document[name] for name in names if name in document}


def _settings(alarm: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of PutMetricAlarm in an answer of DescribeAlarms."""
    told = ("AlarmArn", "AlarmConfigurationUpdatedTimestamp", "EvaluationState")
    return {
        name: value
        for name, value in alarm.items()
        if name not in told and not name.startswith("State")
    }
