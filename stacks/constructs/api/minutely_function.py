"""Functions that run each minute and put metrics of the project's namespace."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.checks import acknowledge
from stacks.constructs.function.memory import MINUTELY_MB
from stacks.constructs.function.schedule import MINUTE, run_each
from stacks.constructs.function.service_function import ServiceFunction

PERIOD = MINUTE
"""The period of the metrics, of which each run puts one."""


class MinutelyFunction(ServiceFunction):
    """A function that EventBridge runs each minute, once, and that may put metrics."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        handler: str,
        environment: dict[str, str],
        timeout_seconds: int,
        namespace: str,
        log_retention_days: int,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            code=code,
            handler=handler,
            environment=environment,
            timeout_seconds=timeout_seconds,
            memory_mb=MINUTELY_MB,
            log_retention_days=log_retention_days,
        )
        run_each(MINUTE, self)
        self._grant_metrics(namespace)

    def _grant_metrics(self, namespace: str) -> None:
        self.runtime_role.add_to_policy(
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringEquals": {"cloudwatch:namespace": namespace}},
            )
        )
        acknowledge(
            self.runtime_role,
            "AwsSolutions-IAM5[Resource::*]",
            "CloudWatch's metrics are no resources; PutMetricData is held to one namespace",
        )
