"""The metrics a controller is told, measured on the fleet every ten seconds."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from autoscaling.metric import Metric
from planner.policies.policy import ENGINE
from planner.simulator.fleet import Fleet
from planner.simulator.instance import Done

TICK = 10.0
"""Seconds between measurements: SageMaker's high-resolution period."""


class Listener(Protocol):
    """A receiver of datapoints."""

    @property
    def metrics(self) -> frozenset[Metric]:
        """Metrics to publish."""

    def record(self, metric: Metric, end: float, value: float) -> None:
        """Take a datapoint."""


class MetricSampler:
    """Metrics per instance in service; at zero instances only failures are published."""

    def __init__(self, fleet: Fleet, listener: Listener, done: list[Done], start: float) -> None:
        """Start with no request seen.

        Args:
            fleet: instances to measure.
            listener: receiver of the datapoints.
            done: every finished request, appended by the fleet.
            start: epoch seconds of the start.
        """
        self._fleet, self._listener, self._done, self._start = fleet, listener, done, start
        self._samples: dict[Metric, list[float]] = {metric: [] for metric in listener.metrics}
        self._arrived = 0
        self._arrival_seconds = self._end_seconds = self._area = 0.0
        self._seen_done = 0
        self._failed = False

    def arrived(self, times: NDArray[np.float64]) -> None:
        """Take note of requests and when they reached an instance."""
        self._arrived += len(times)
        self._arrival_seconds += float((times - self._start).sum())

    def no_capacity(self) -> None:
        """Take note of a request that found no instance."""
        self._failed = True

    def flushed(self) -> None:
        """Take note that the finished requests are about to be cleared."""
        self._count_ends()
        self._seen_done = 0

    def tick(self, now: float) -> None:
        """Measure the ten seconds until now, and publish the periods that are complete."""
        measured = self._measure(now)
        for metric, samples in self._samples.items():
            value = measured.get(metric.name)
            if value is not None:
                samples.append(value)
            if now % metric.period == 0:
                if samples:
                    total = sum(samples)
                    value = total / len(samples) if metric.statistic == "Average" else total
                    value = max(samples) if metric.statistic == "Maximum" else value
                    self._listener.record(metric, now, value)
                samples.clear()

    def _measure(self, now: float) -> dict[str, float]:
        """Return the values to publish, by metric name."""
        fleet, instances = self._fleet, self._fleet.in_service
        concurrency = self._mean_in_flight(now)
        arrived, self._arrived = self._arrived, 0
        failed, self._failed = self._failed, False
        if not instances:
            return {"NoCapacityInvocationFailures": 1.0} if failed else {}
        measured = {
            "ConcurrentRequestsPerModel": concurrency / instances,
            "InvocationsPerInstance": arrived / instances,
        }
        if any(metric.namespace == ENGINE for metric in self._samples):
            measured["QueuedRequestsPerInstance"] = fleet.queued() / instances
            measured["KvCacheUse"] = fleet.kv_use()
        return measured

    def _mean_in_flight(self, now: float) -> float:
        """Integrate the requests in flight since the last tick, from sums of times alone."""
        self._count_ends()
        in_flight = self._fleet.in_flight()
        area = in_flight * (now - self._start) + self._end_seconds - self._arrival_seconds
        mean, self._area = (area - self._area) / TICK, area
        return mean

    def _count_ends(self) -> None:
        done, start = self._done, self._start
        self._end_seconds += sum(d[2] - start for d in done[self._seen_done :])
        self._seen_done = len(done)
