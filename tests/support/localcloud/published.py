"""Metrics as a client of CloudWatch reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.support.localcloud.cloud import Cloud


class Published:
    """The statistics of one metric a time, over all that was published."""

    def __init__(self, cloud: Cloud, namespace: str, **dimensions: str) -> None:
        self._client = cloud.client("cloudwatch")
        self._namespace = namespace
        self._dimensions = [{"Name": name, "Value": value} for name, value in dimensions.items()]

    def __call__(self, metric: str, statistic: str = "Sum") -> float | None:
        now = datetime.now(UTC)
        found = self._client.get_metric_statistics(
            Namespace=self._namespace,
            MetricName=metric,
            Dimensions=self._dimensions,
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=7200,
            Statistics=["Average", "Maximum", "SampleCount", "Sum"],
        )
        points = found["Datapoints"]
        return float(sum(point[statistic] for point in points)) if points else None
