"""Datapoints of metrics, read from what was published, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from autoscaling.assumptions import ASSUMED
from autoscaling.metric import Metric
from localcloud.clock import Clock
from localcloud.ministack_hooks import Metrics


class Datapoints:
    """A reader of the metrics of an account in a region."""

    def __init__(self, metrics: Metrics, clock: Clock) -> None:
        self._metrics = metrics
        self._clock = clock
        self._read: dict[Metric, float] = {}

    def new(self, wanted: Iterable[Metric], now: float) -> Iterator[tuple[Metric, float, float]]:
        """Yield each datapoint that an alarm can see by now: its metric, its end and its value.

        Who publishes a period does so after its end: read at once, it would be found missing. Of a
        metric that is new, the first period is the present one.

        Args:
            wanted: The metrics.
            now: By the clock.
        """
        now -= ASSUMED.publication_delay
        for metric in wanted:
            end = self._read.setdefault(metric, now // metric.period * metric.period)
            while end + metric.period <= now:
                start, end = end, end + metric.period
                value = self._metrics.statistic(
                    metric.namespace,
                    metric.name,
                    metric.dimensions,
                    metric.statistic,
                    start=self._clock.real(start),
                    end=self._clock.real(end),
                )
                if value is not None:
                    yield metric, end, value
            self._read[metric] = end
