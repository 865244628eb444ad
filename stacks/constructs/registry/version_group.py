"""The model package group, and the rights of other accounts to read its versions."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import ArnFormat, Aws, RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.constructs.shared.trust import trusted

_READING = (
    "sagemaker:DescribeModelPackageGroup",
    "sagemaker:ListModelPackages",
    "sagemaker:DescribeModelPackage",
    "sagemaker:CreateModel",
)


class VersionGroup(Construct):
    """A group of versions that outlives its stack.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-deploy-xaccount.html

    Attributes:
        name: of the group.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, name: str, share_with: Sequence[str]
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = name
        group = sagemaker.CfnModelPackageGroup(
            self,
            "Resource",
            model_package_group_name=name,
            model_package_group_policy=self._policy(share_with) if share_with else None,
        )
        # But not of a deployment that failed: its name would be in the way of the next one.
        group.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        for account in share_with:
            self._forward(account)

    def _policy(self, share_with: Sequence[str]) -> dict[str, object]:
        # A group's policy must name the versions besides the group.
        resources = [
            self._arn("model-package-group", self.name),
            self._arn("model-package", f"{self.name}/*"),
        ]
        statement = iam.PolicyStatement(
            sid="Read",
            principals=[iam.AccountPrincipal(account) for account in share_with],
            actions=[*_READING],
            resources=resources,
        )
        document: dict[str, object] = {
            "Version": "2012-10-17",
            "Statement": [statement.to_statement_json()],
        }
        return document

    def _forward(self, account: str) -> None:
        """Let an approval reach the default bus of another account."""
        bus = f"arn:{Aws.PARTITION}:events:{Aws.REGION}:{account}:event-bus/default"
        events.Rule(
            self,
            f"To{account}",
            description=f"Approvals of {self.name} for account {account}",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Model Package State Change"],
                detail={"ModelPackageGroupName": [self.name]},
            ),
            targets=[
                targets.EventBus(
                    events.EventBus.from_event_bus_arn(self, f"Bus{account}", bus),
                    role=iam.Role(self, f"Role{account}", assumed_by=trusted("events")),
                )
            ],
        )

    def _arn(self, resource: str, name: str) -> str:
        arn: str = Stack.of(self).format_arn(
            service="sagemaker",
            resource=resource,
            resource_name=name,
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        return arn
