"""The engine metrics function: what the engines say of themselves, where scaling can follow it.

EventBridge calls it each minute. docs/decisions/0037 says why it is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools.logging import Logger

from lambda_api.aws.cloudwatch_promql import PromQL
from lambda_api.settings import Settings

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_cloudwatch.type_defs import DimensionTypeDef

QUEUED_REQUESTS = "QueuedRequestsPerInstance"
"""Requests that wait in the engine, mean over the instances."""

KV_CACHE_USE = "KvCacheUse"
"""Share of the KV cache in use, 0 to 1, mean over the instances."""


@dataclass(frozen=True)
class EngineMetrics:
    """Carries metrics from PromQL to CloudWatch's own.

    Args:
        promql: Where the engines' metrics are asked for.
        client: Where they are put.
        namespace: What they are put under.
        endpoint_name: The endpoint whose engines they are.
        names: The engine's name of a metric, by ours.
        logger: Where a metric without a value is noted.
    """

    promql: PromQL
    client: CloudWatchClient
    namespace: str
    endpoint_name: str
    names: Mapping[str, str]
    logger: Logger

    def carry(self) -> None:
        """Put the present values; nothing of a metric that no instance publishes.

        Without datapoints no policy acts: an endpoint without instances, or one that is not read
        yet, is neither idle nor busy.

        Raises:
            PromQLError: A query was not answered.
            ClientError: The values were not taken.
        """
        found = {ours: self.promql.value(self._query(name)) for ours, name in self.names.items()}
        values = {name: value for name, value in found.items() if value is not None}
        if missing := sorted(found.keys() - values.keys()):
            self.logger.info("no instance publishes it", extra={"metrics": missing})
        if values:
            self._put(values)

    def _query(self, name: str) -> str:
        return f'avg({name}{{"aws.sagemaker.endpoint.name"="{self.endpoint_name}"}})'

    def _put(self, values: Mapping[str, float]) -> None:
        dimensions: list[DimensionTypeDef] = [{"Name": "EndpointName", "Value": self.endpoint_name}]
        self.client.put_metric_data(
            Namespace=self.namespace,
            MetricData=[
                {"MetricName": name, "Dimensions": dimensions, "Value": value}
                for name, value in values.items()
            ],
        )


def handler(_event: object, _context: object) -> None:
    """Take a scheduled event."""
    _connected().carry()


@cache
def _connected() -> EngineMetrics:
    settings = Settings.from_environment()
    session = boto3.session.Session()
    client = session.client("cloudwatch")
    names = {
        QUEUED_REQUESTS: settings.queued_requests_metric,
        KV_CACHE_USE: settings.kv_cache_use_metric,
    }
    return EngineMetrics(
        PromQL.beside(client, session),
        client,
        settings.metrics_namespace,
        settings.endpoint_name,
        {ours: name for ours, name in names.items() if name is not None},
        Logger(service=settings.service_name, level=settings.log_level),
    )
