"""Metrics in CloudWatch's embedded format: lines of a log that are metrics too.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch_logs

from localcloud.ministack_hooks.metrics.cloudwatch import Metrics
from localcloud.ministack_hooks.patching import Untyped, wrap

logger = logging.getLogger(__name__)

MOST_VALUES = 100
"""Values that one member of a line may have."""


@dataclass(frozen=True, kw_only=True)
class Samples:
    """The samples of one metric in a line of a log.

    Attributes:
        at: real seconds since 1970.
    """

    namespace: str
    name: str
    unit: str
    dimensions: dict[str, str]
    values: list[float]
    at: float


def read_embedded_metrics() -> None:
    """Publish the metrics in lines of any log, as CloudWatch Logs does on their way in."""
    wrap(cloudwatch_logs, "_append_log_events", _append)


def _append(
    original: Callable[..., Untyped], stream: Untyped, events: Sequence[dict[str, Any]]
) -> Untyped:
    result = original(stream, events)
    metrics = Metrics(get_account_id(), get_region())
    for event in events:
        for found in samples_of(event["message"]):
            metrics.put(
                found.namespace,
                {found.name: found.values},
                found.dimensions,
                at=found.at,
                unit=found.unit,
                each=True,
            )
    return result


def samples_of(line: str) -> list[Samples]:
    """Extract the metrics of a line; none of a line that is malformed, as CloudWatch does."""
    if not line.startswith("{") or '"_aws"' not in line:
        return []
    try:
        return list(_samples(json.loads(line)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        logger.debug("no embedded metrics: %s", error)
        return []


def _samples(document: dict[str, Any]) -> Iterator[Samples]:
    metadata = document["_aws"]
    for directive in metadata["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = {name: str(document[name]) for name in names}
            for metric in directive["Metrics"]:
                given = document[metric["Name"]]
                values = given if isinstance(given, list) else [given]
                yield Samples(
                    namespace=directive["Namespace"],
                    name=metric["Name"],
                    unit=metric.get("Unit", "None"),
                    dimensions=dimensions,
                    values=[float(value) for value in values[:MOST_VALUES]],
                    at=metadata["Timestamp"] / 1000,
                )
