"""Custom metrics in CloudWatch: the only module that calls PutMetricData."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_cloudwatch.type_defs import DimensionTypeDef


class CloudWatchMetrics:
    """An endpoint's metrics in a namespace.

    Args:
        client: The CloudWatch client.
        namespace: The namespace of all of the metrics.
        endpoint_name: The value of the dimension `EndpointName`.
    """

    def __init__(self, client: CloudWatchClient, namespace: str, endpoint_name: str) -> None:
        self._client = client
        self._namespace = namespace
        self._dimensions: list[DimensionTypeDef] = [
            {"Name": "EndpointName", "Value": endpoint_name}
        ]

    def put(self, values: Mapping[str, float]) -> None:
        """Add a data point, taken now, to each of some metrics by their names.

        Raises:
            ClientError: CloudWatch did not take the values.
        """
        self._client.put_metric_data(
            Namespace=self._namespace,
            MetricData=[
                {"MetricName": name, "Dimensions": self._dimensions, "Value": value}
                for name, value in values.items()
            ],
        )
