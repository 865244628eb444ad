"""The table through which functions agree while an endpoint starts from zero."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.checks import acknowledge


class ColdStartTable(dynamodb.Table):
    """A table with one item an endpoint: the waiting requests, and the length of starts."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(
            scope,
            construct_id,
            partition_key=dynamodb.Attribute(name="endpoint", type=dynamodb.AttributeType.STRING),
            time_to_live_attribute="expires",
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            removal_policy=RemovalPolicy.DESTROY,
        )
        reason = "nothing to recover: the next start writes all of it again"
        acknowledge(self, "AwsSolutions-DDB3", reason)

    def grant_share(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a principal read an item, and change it."""
        grant: iam.Grant = iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["dynamodb:GetItem", "dynamodb:UpdateItem"],
            resource_arns=[self.table_arn],
        )
        return grant
