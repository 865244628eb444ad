"""Engines' own metrics, carried to where scaling can follow them.

docs/decisions/0037 says why that is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from aws_lambda_powertools.logging import Logger

QUEUED_REQUESTS = "QueuedRequestsPerInstance"
"""Requests that wait in the engine, mean over the instances."""

KV_CACHE_USE = "KvCacheUse"
"""Share of the KV cache in use, 0 to 1, mean over the instances."""

SHADOW_VARIANT = "shadow"
"""The variant whose instances get copies of requests, which no scaling is to follow."""


class MetricQueries(Protocol):
    """The engines' metrics as PromQL reads them."""

    def value(self, query: str) -> float | None:
        """Return the present value of a query's one series; None if there is none, or no number."""


class EndpointMetrics(Protocol):
    """The endpoint's metrics that scaling follows."""

    def put(self, values: Mapping[str, float]) -> None:
        """Add a data point, taken now, to each of some metrics by their names."""


@dataclass(frozen=True)
class MetricsBridge:
    """Carries metrics of the engines behind one endpoint to that endpoint's metrics.

    Attributes:
        queries: The source, asked for each metric.
        metrics: The target, written once a run.
        endpoint_name: The endpoint whose engines are asked for.
        names: The engine's name of a metric, by ours.
        logger: The log of metrics without a value.
    """

    queries: MetricQueries
    metrics: EndpointMetrics
    endpoint_name: str
    names: Mapping[str, str]
    logger: Logger

    def carry(self) -> None:
        """Put the present values; nothing of a metric that no instance publishes.

        Without datapoints no policy acts: an endpoint without instances, or one that is not read
        yet, is neither idle nor busy. Errors of the source and of the target go to the caller.
        """
        found = {ours: self.queries.value(self._query(name)) for ours, name in self.names.items()}
        values = {name: value for name, value in found.items() if value is not None}
        if missing := sorted(found.keys() - values.keys()):
            self.logger.info("no instance publishes it", extra={"metrics": missing})
        if values:
            self.metrics.put(values)

    def _query(self, name: str) -> str:
        """Return the query for a metric's mean over the instances that answer.

        https://docs.aws.amazon.com/sagemaker/latest/dg/inference-monitoring.html
        """
        labels = (
            f'"aws.sagemaker.endpoint.name"="{self.endpoint_name}"',
            f'"aws.sagemaker.variant.name"!="{SHADOW_VARIANT}"',
        )
        return f"avg({name}{{{','.join(labels)}}})"
