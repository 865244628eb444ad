"""Log lines and metrics of a function, as JSON on standard output.

A line with `_aws` is a metric: CloudWatch's embedded metric format.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping

from features.settings import Settings


def log(level: str, message: str, **fields: object) -> None:
    """Write a line of the log."""
    _write({"level": level, "message": message, **fields})


def put_metrics(settings: Settings, values: Mapping[str, float], store: str) -> None:
    """Write metrics of a store, under the stage and under the stage with the store."""
    metrics = [
        {"Name": name, "Unit": "Seconds" if name.endswith("Seconds") else "Count"}
        for name in values
    ]
    told = {
        "Namespace": settings.metrics_namespace,
        "Dimensions": [["stage"], ["stage", "store"]],
        "Metrics": metrics,
    }
    _write(
        {
            "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [told]},
            "stage": settings.stage,
            "store": store,
            **values,
        }
    )


def _write(line: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(line, default=str) + "\n")
    sys.stdout.flush()
