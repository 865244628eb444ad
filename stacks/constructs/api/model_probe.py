"""The probe that asks the model for one token each minute, and the alarm when none comes."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.constructs.api.minutely_function import PERIOD, MinutelyFunction
from stacks.constructs.endpoint.realtime_endpoint import RealtimeEndpoint

# The wait for a token, 45 s at most, and the metric.
_SECONDS = 58
# One probe may fail while an instance is replaced.
_FAILED_MINUTES = 3


class ModelProbe(MinutelyFunction):
    """A function that asks the endpoint for a token each minute, as a caller would.

    docs/decisions/0073-a-probe-asks-for-a-token.md

    Attributes:
        alarm: in alarm when no token came for three minutes.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        environment: dict[str, str],
        endpoint: RealtimeEndpoint,
        namespace: str,
        log_retention_days: int,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            code=code,
            handler="lambda_api.handlers.model_probe.handler",
            environment=environment,
            timeout_seconds=_SECONDS,
            namespace=namespace,
            log_retention_days=log_retention_days,
        )
        endpoint.grant(self, "sagemaker:InvokeEndpoint")
        self.alarm = cloudwatch.Alarm(
            self,
            "NoToken",
            alarm_description="The model gave no token to a probe, whatever its health check says",
            metric=cloudwatch.Metric(
                namespace=namespace,
                metric_name="ProbeSuccess",
                dimensions_map={"EndpointName": environment["TWIN_ENDPOINT_NAME"]},
                statistic="Maximum",
                period=PERIOD,
            ),
            threshold=1,
            evaluation_periods=_FAILED_MINUTES,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            # A probe that says nothing has not seen a token either.
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
