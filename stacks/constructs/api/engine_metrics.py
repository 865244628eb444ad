"""The bridge from the engines' own metrics to CloudWatch, for scaling policies to follow."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.constructs.api.minutely_function import MinutelyFunction

# Two queries of at most 27 s each.
_SECONDS = 60
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-PromQL-API-QueryMetrics.html
_QUERY = ("cloudwatch:GetMetricData", "cloudwatch:ListMetrics")


class EngineMetrics(MinutelyFunction):
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
            namespace=namespace,
            log_retention_days=log_retention_days,
        )
        self.runtime_role.add_to_policy(iam.PolicyStatement(actions=[*_QUERY], resources=["*"]))
