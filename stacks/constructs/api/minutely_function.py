"""Functions that run each minute and put metrics of the project's namespace."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.checks import acknowledge
from stacks.constructs.function.service_function import ServiceFunction

PERIOD = Duration.minutes(1)
"""Time between two runs, and the period of the metrics."""

_MEMORY_MB = 256


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
            memory_mb=_MEMORY_MB,
            log_retention_days=log_retention_days,
        )
        # The next minute is the next try.
        self.configure_async_invoke(retry_attempts=0, max_event_age=PERIOD)
        self._grant_metrics(namespace)
        events.Rule(
            self,
            "EachMinute",
            schedule=events.Schedule.rate(PERIOD),
            targets=[targets.LambdaFunction(self)],
        )

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
