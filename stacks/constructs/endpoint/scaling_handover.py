"""The handover of scaling from a variant of an endpoint to the next."""

from __future__ import annotations

from aws_cdk import ArnFormat, Aws, CustomResource, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk.aws_sagemaker import CfnEndpoint
from constructs import Construct

from stacks.checks import acknowledge, acknowledge_wildcard
from stacks.constructs.function.memory import HANDOVER_MB
from stacks.constructs.function.service_function import ServiceFunction

_PREFIX = "scaling/"
# Lambda's longest: a scale-out that is in progress loads a model.
_TIMEOUT_SECONDS = 900
# CloudFormation's own patience is an hour, and an hour again for the way back, with a function that
# ends without a word: one that cannot be imported, or is out of time.
_SERVICE_SECONDS = _TIMEOUT_SECONDS + 60


class ScalingHandover(Construct):
    """A function that deregisters a variant before the endpoint's update takes it away.

    The new variant is registered by the stack. A rollback gets the old registration back:
    docs/decisions/0149-scaling-is-handed-over-in-a-deployment.md
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        endpoint_config_name: str,
        variant: str,
        bucket: s3.IBucket,
        code: lambda_.Code,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self._function = ServiceFunction(
            self,
            "Function",
            code=code,
            handler="lambda_api.handlers.scaling_handover.handler",
            timeout_seconds=_TIMEOUT_SECONDS,
            memory_mb=HANDOVER_MB,
            log_retention_days=log_retention_days,
        )
        self._grant(bucket, endpoint_name)
        self._properties = {
            "Endpoint": endpoint_name,
            "Variant": variant,
            "Config": endpoint_config_name,
            "Bucket": bucket.bucket_name,
            "Prefix": _PREFIX,
            "StackName": Aws.STACK_NAME,
        }

    def around(self, endpoint: CfnEndpoint, *, then: Construct) -> None:
        """Release before the endpoint is updated, restore after it, and scale after that."""
        endpoint.node.add_dependency(self._resource("before"))
        after = self._resource("after")
        after.node.add_dependency(endpoint)
        then.node.add_dependency(after)

    def _resource(self, moment: str) -> CustomResource:
        resource = CustomResource(
            self,
            moment.title(),
            resource_type="Custom::ScalingHandover",
            service_token=self._function.function_arn,
            service_timeout=Duration.seconds(_SERVICE_SECONDS),
            properties={**self._properties, "Moment": moment},
        )
        resource.node.add_dependency(self._function.runtime_role)
        return resource

    def _grant(self, bucket: s3.IBucket, endpoint_name: str) -> None:
        role = self._function.runtime_role
        kept = bucket.arn_for_objects(f"{_PREFIX}*")
        targets = self._arn("application-autoscaling", "scalable-target", "*")
        alarms = [
            self._arn("cloudwatch", "alarm", f"{prefix}*", ArnFormat.COLON_RESOURCE_NAME)
            for prefix in (
                f"{Aws.STACK_NAME}-",
                f"TargetTracking-endpoint/{endpoint_name}/",
            )
        ]
        endpoint = self._arn("sagemaker", "endpoint", endpoint_name)
        configs = self._arn("sagemaker", "endpoint-config", "*")
        every_alarm = self._arn("cloudwatch", "alarm", "*", ArnFormat.COLON_RESOURCE_NAME)
        for actions, resources in (
            (["s3:GetObject", "s3:PutObject"], [kept]),
            # Without it, that nothing was kept would read as forbidden.
            (["s3:ListBucket"], [bucket.bucket_arn]),
            (
                [f"application-autoscaling:{action}" for action in _CHANGES],
                [targets],
            ),
            ([f"application-autoscaling:{action}" for action in _LOOKS], ["*"]),
            # Application Auto Scaling asks if its caller might do what it will do to a target:
            # https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html
            ([f"sagemaker:{action}" for action in _OF_A_TARGET], [endpoint]),
            (["sagemaker:DescribeEndpointConfig"], [configs]),
            (["cloudwatch:DescribeAlarms"], [every_alarm]),
            (["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"], alarms),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
        acknowledge_wildcard(role, kept, "what was released, below one prefix of one bucket")
        acknowledge_wildcard(role, targets, "a target's id is Application Auto Scaling's own")
        acknowledge_wildcard(role, configs, "a config has a name that its deployment makes up")
        for alarm in (*alarms, every_alarm):
            acknowledge_wildcard(role, alarm, "this stack's and its endpoint's; a list needs all")
        acknowledge(role, "AwsSolutions-IAM5[Resource::*]", "Describe operations know no resources")

    def _arn(
        self,
        service: str,
        resource: str,
        name: str,
        arn_format: ArnFormat = ArnFormat.SLASH_RESOURCE_NAME,
    ) -> str:
        arn: str = Stack.of(self).format_arn(
            service=service, resource=resource, resource_name=name, arn_format=arn_format
        )
        return arn


_CHANGES = (
    "RegisterScalableTarget",
    "DeregisterScalableTarget",
    "PutScalingPolicy",
    "PutScheduledAction",
)
_OF_A_TARGET = ("DescribeEndpoint", "UpdateEndpointWeightsAndCapacities")
_LOOKS = ("DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScheduledActions")
