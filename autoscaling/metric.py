"""CloudWatch metrics, as an alarm names them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A time series, aggregated by a statistic.

    Attributes:
        namespace: CloudWatch namespace, e.g. AWS/SageMaker.
        name: metric name, e.g. ConcurrentRequestsPerModel.
        dimensions: sorted (name, value) pairs.
        statistic: aggregate of a period's samples, its datapoint: Average, Sum, Minimum, Maximum,
            SampleCount, or a percentile such as p90.
        period: seconds per datapoint; 10 or 30 for high resolution, else a multiple of 60.
    """

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()
    statistic: str = "Average"
    period: int = 60

    def __post_init__(self) -> None:
        if self.period not in {10, 20, 30} and (self.period < 60 or self.period % 60):
            raise ValueError(
                f"period: got {self.period}; must be 10, 20, 30 or a multiple of 60 seconds"
            )
