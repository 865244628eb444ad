"""A log group that ends with its stack, and drops entries by age before that."""

from __future__ import annotations

from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct


class RetainedLogs(logs.LogGroup):
    """A log group whose retention is a number of days, as config has it.

    `logs.RetentionDays` names its members in words, so the number goes to the resource below.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, days: int, name: str | None = None
    ) -> None:
        super().__init__(
            scope, construct_id, log_group_name=name, removal_policy=RemovalPolicy.DESTROY
        )
        cast(logs.CfnLogGroup, self.node.default_child).retention_in_days = days
