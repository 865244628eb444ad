"""The bridge from the engines' own metrics to CloudWatch, for scaling policies to follow."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.checks import acknowledge
from stacks.constructs.function.service_function import ServiceFunction

# Of the metrics and of the rule: a policy looks at one datapoint a minute.
_PERIOD = Duration.minutes(1)
# Two queries of at most 27 s each.
_SECONDS = 60
_MEMORY_MB = 256
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-PromQL-API-QueryMetrics.html
_QUERY = ("cloudwatch:GetMetricData", "cloudwatch:ListMetrics")


class EngineMetrics(ServiceFunction):
    """A function that asks PromQL each minute and puts the answer as metrics of its namespace.

    docs/decisions/0037-engine-metrics-cross-a-bridge.md
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        environment: dict[str, str],
        namespace: str,
        log_retention_days: int,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            code=code,
            handler="lambda_api.handlers.engine_metrics.handler",
            environment=environment,
            timeout_seconds=_SECONDS,
            memory_mb=_MEMORY_MB,
            log_retention_days=log_retention_days,
        )
        # The next minute is the next try.
        self.configure_async_invoke(retry_attempts=0, max_event_age=_PERIOD)
        self._grant(namespace)
        events.Rule(
            self,
            "EachMinute",
            schedule=events.Schedule.rate(_PERIOD),
            targets=[targets.LambdaFunction(self)],
        )

    def _grant(self, namespace: str) -> None:
        query = iam.PolicyStatement(actions=[*_QUERY], resources=["*"])
        put = iam.PolicyStatement(
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": namespace}},
        )
        for statement in (query, put):
            self.runtime_role.add_to_policy(statement)
        acknowledge(
            self.runtime_role,
            "AwsSolutions-IAM5[Resource::*]",
            "CloudWatch's metrics are no resources; PutMetricData is held to one namespace",
        )
