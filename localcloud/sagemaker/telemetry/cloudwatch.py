"""The metrics of endpoints and inference components, as SageMaker publishes them.

https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from statistics import fmean
from typing import NamedTuple

from localcloud.clock import Clock
from localcloud.ministack_hooks import Metrics
from localcloud.sagemaker.control_plane.store import Resources, Store
from localcloud.sagemaker.hosting.endpoint import RequestQueue
from localcloud.sagemaker.replicas.traffic import ReplicaSet
from localcloud.sagemaker.replicas.usage import Counts

NAMESPACE = "AWS/SageMaker"

SAMPLE_SECONDS = 1.0
"""Pause between two samples of concurrency, by the clock."""

SAMPLES_PER_PERIOD = 10
"""Samples behind one published value: high-resolution metrics have one each 10 s."""


class MetricNames(NamedTuple):
    """Metrics whose names say what a replica is."""

    concurrency: str
    per_replica: str


VARIANT = MetricNames("ConcurrentRequestsPerModel", "InvocationsPerInstance")
COMPONENT = MetricNames("ConcurrentRequestsPerCopy", "InvocationsPerCopy")


class MetricsPublisher:
    """Publishes the metrics of everything deployed, as long as it runs."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        # Concurrency of the present period.
        self._samples: defaultdict[ReplicaSet, list[float]] = defaultdict(list)

    async def run(self) -> None:
        """Sample and publish until cancelled, on the seconds and periods of the clock."""
        period = self._period()
        while True:
            await asyncio.sleep(self._clock.real_seconds(_until_next(self._clock.now())))
            before, period = period, self._period()
            for scope, resources in list(self._store.items()):
                for replicas, _, _ in _sets(resources):
                    self._sample(replicas)
                if period > before:
                    self._publish(Metrics(scope.account, scope.region), resources, before)
            if period > before:
                self._samples.clear()

    def _period(self) -> float:
        return self._clock.now() // (SAMPLE_SECONDS * SAMPLES_PER_PERIOD)

    def _sample(self, replicas: ReplicaSet) -> None:
        if present := replicas.replicas:
            self._samples[replicas].append(fmean(one.in_flight for one in present))

    def _publish(self, metrics: Metrics, resources: Resources, period: float) -> None:
        """Publish a period that is over; a datapoint bears the time at which its period began."""
        at = self._clock.real(period * SAMPLE_SECONDS * SAMPLES_PER_PERIOD)
        for replicas, names, dimensions in _sets(resources):
            counts = replicas.usage.collect()
            samples = self._samples[replicas]
            values = _values(counts, samples, names)
            metrics.put(NAMESPACE, values, dimensions, at=at)
            times = {
                "ModelLatency": counts.latencies,
                "FirstChunkModelLatency": counts.first_chunks,
            }
            metrics.put(NAMESPACE, times, dimensions, at=at, unit="Microseconds", each=True)
        for endpoint in resources.endpoints.values():
            if endpoint.queue:
                instances = sum(
                    len(variant.replicas.replicas) for variant in endpoint.running_variants
                )
                values = backlog_metrics(endpoint.queue, instances)
                metrics.put(NAMESPACE, values, {"EndpointName": endpoint.name}, at=at)


def _until_next(now: float) -> float:
    return SAMPLE_SECONDS - now % SAMPLE_SECONDS


def _sets(resources: Resources) -> Iterator[tuple[ReplicaSet, MetricNames, dict[str, str]]]:
    """Yield the deployed sets, except of asynchronous endpoints: those have other metrics."""
    for endpoint in resources.endpoints.values():
        for variant in endpoint.running_variants if endpoint.queue is None else ():
            dimensions = {"EndpointName": endpoint.name, "VariantName": variant.name}
            yield variant.replicas, VARIANT, dimensions
    for component in resources.components.values():
        yield component.copies, COMPONENT, {"InferenceComponentName": component.name}
    for adapter in resources.adapters.values():
        yield adapter.copies, COMPONENT, {"InferenceComponentName": adapter.name}


def _values(counts: Counts, samples: list[float], names: MetricNames) -> dict[str, list[float]]:
    """Return the values published for a period, by metric; an empty list publishes nothing.

    While there are replicas, an idle period has zeros: so the guide has it, and so idle
    components were seen to scale in. Without replicas there is only what was refused
    (docs/decisions/0055).
    """
    counted = bool(samples or counts.invocations)
    return {
        names.concurrency: samples,
        "Invocations": [counts.invocations] * counted,
        names.per_replica: [counts.per_replica] * counted,
        "Invocation4XXErrors": counts.client_errors,
        "Invocation5XXErrors": counts.server_errors,
        "InvocationModelErrors": counts.model_errors,
        "NoCapacityInvocationFailures": [1.0] * counts.refused,
    }


def backlog_metrics(queue: RequestQueue, instances: int) -> dict[str, list[float]]:
    """Return the metrics of an asynchronous endpoint's queue.

    The backlog is what waits and what is being processed. Without instances, the backlog per
    instance is the backlog: an endpoint at zero scales out once that exceeds its target.
    """
    return {
        "ApproximateBacklogSize": [queue.backlog],
        "ApproximateBacklogSizePerInstance": [queue.backlog / max(instances, 1)],
        "ApproximateAgeOfOldestRequest": [queue.oldest_age],
        "HasBacklogWithoutCapacity": [float(queue.waiting > 0 and instances == 0)],
    }
