"""Log lines that CloudWatch also reads as metrics.

The lines are in CloudWatch's embedded metric format: docs/decisions/0020 says why Powertools writes
them.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
    AmazonCloudWatchEMFProvider,
)

from lambda_api.settings import Settings

UNREADABLE = "UnreadableObjects"
"""The metric of stored objects that cannot be read."""


class MetricLog:
    """A writer of log lines that are metrics too."""

    def __init__(self, settings: Settings) -> None:
        self._dimensions = {"service": settings.service_name, "stage": settings.stage}
        # The formatter beneath Powertools' Metrics: those keep one set of values for all requests
        # (or, as EphemeralMetrics, cost 0.1 ms a request), while requests here overlap.
        self._format = AmazonCloudWatchEMFProvider(
            namespace=settings.metrics_namespace, service=settings.service_name
        )

    def write(
        self,
        measures: dict[str, dict[str, Any]],
        dimensions: dict[str, str],
        fields: dict[str, Any],
    ) -> None:
        """Write a line.

        Args:
            measures: The metrics in CloudWatch's embedded format, by name.
            dimensions: Dimensions besides the service and the stage.
            fields: Further fields, which are no metrics.
        """
        line = self._format.serialize_metric_set(
            metrics=measures, dimensions={**self._dimensions, **dimensions}, metadata=fields
        )
        # CloudWatch reads metrics from standard output. One write a line: `print` makes two, and
        # threads that log at once then share a line, which is no JSON.
        sys.stdout.write(f"{json.dumps(line)}\n")
        sys.stdout.flush()

    def note_start(self, seconds: float) -> None:
        """Write the seconds that the endpoint took to start."""
        self.write({"ColdStart": metric("Seconds", seconds)}, {}, {})

    def note_unreadable(self, object_id: str) -> None:
        """Write that an object was met whose stored state cannot be read."""
        self.write({UNREADABLE: metric("Count", 1)}, {}, {"object_id": object_id})


def metric(unit: str, value: float) -> dict[str, Any]:
    """Return a metric of one value."""
    return {"Unit": unit, "StorageResolution": 60, "Value": [float(value)]}
