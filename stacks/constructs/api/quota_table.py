"""The table that counts batches, files and background responses for each caller."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.checks import acknowledge
from stacks.config import LimitsConfig
from stacks.constructs.function.environment import quota_environment
from stacks.constructs.function.service_function import ServiceFunction


class QuotaTable(dynamodb.Table):
    """One item a caller and kind of thing: docs/decisions/0081-what-a-caller-holds-is-leased.md."""

    def __init__(self, scope: Construct, construct_id: str, *, limits: LimitsConfig) -> None:
        super().__init__(
            scope,
            construct_id,
            partition_key=dynamodb.Attribute(name="holder", type=dynamodb.AttributeType.STRING),
            time_to_live_attribute="expires",
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self._limits = limits
        reason = "nothing to recover: what is counted lapses, and a count that is lost begins anew"
        acknowledge(self, "AwsSolutions-DDB3", reason)

    def let_count(self, function: ServiceFunction) -> None:
        """Let a function count within the limits."""
        iam.Grant.add_to_principal(
            grantee=function, actions=["dynamodb:UpdateItem"], resource_arns=[self.table_arn]
        )
        for name, value in quota_environment(self._limits, table=self.table_name).items():
            function.add_environment(name, value)
