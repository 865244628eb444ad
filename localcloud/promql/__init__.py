"""CloudWatch's PromQL on this machine: OpenTelemetry metrics, and the queries of one instant.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-PromQL.html

Decision 0037: engine metrics cross a bridge.
"""

from __future__ import annotations

from localcloud.promql.api import ACTIONS, PATH, QueryApi
from localcloud.promql.series import Sample, SeriesStore

__all__ = ["ACTIONS", "PATH", "QueryApi", "Sample", "SeriesStore"]
