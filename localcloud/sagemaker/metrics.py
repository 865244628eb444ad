"""The metrics of endpoints, published to CloudWatch as SageMaker publishes them.

https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from statistics import fmean

from localcloud.clock import Clock
from localcloud.ministack_hooks import Metrics
from localcloud.sagemaker.async_queue import AsyncQueue
from localcloud.sagemaker.endpoint import Endpoint
from localcloud.sagemaker.store import Store
from localcloud.sagemaker.traffic import Variant

NAMESPACE = "AWS/SageMaker"

SAMPLE_SECONDS = 1.0
"""How often concurrency is looked at."""

SAMPLES_PER_PERIOD = 10
"""Samples behind one published value: high-resolution metrics have one each 10 s."""


class MetricsPublisher:
    """Publishes the metrics of all endpoints, as long as it runs."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._pause = clock.real_seconds(SAMPLE_SECONDS)
        self._concurrency: defaultdict[tuple[str, str], list[float]] = defaultdict(list)

    async def run(self) -> None:
        """Sample and publish until cancelled."""
        samples = 0
        while True:
            await asyncio.sleep(self._pause)
            samples += 1
            for scope, resources in list(self._store.items()):
                metrics = Metrics(scope.account, scope.region)
                for endpoint in resources.endpoints.values():
                    self._sample(endpoint)
                    if samples % SAMPLES_PER_PERIOD == 0:
                        self._publish(endpoint, metrics)

    def _sample(self, endpoint: Endpoint) -> None:
        for variant in endpoint.variants:
            if variant.instances:
                mean = fmean(instance.in_flight for instance in variant.instances)
                self._concurrency[endpoint.arn, variant.name].append(mean)

    def _publish(self, endpoint: Endpoint, metrics: Metrics) -> None:
        if endpoint.queue:
            instances = sum(len(variant.instances) for variant in endpoint.variants)
            values = backlog_metrics(endpoint.queue, instances)
            metrics.put(NAMESPACE, values, {"EndpointName": endpoint.name})
        for variant in endpoint.variants:
            samples = self._concurrency.pop((endpoint.arn, variant.name), [])
            if samples and not endpoint.queue:
                dimensions = {"EndpointName": endpoint.name, "VariantName": variant.name}
                values = {"ConcurrentRequestsPerModel": fmean(samples), **_invocations(variant)}
                metrics.put(NAMESPACE, values, dimensions)


def backlog_metrics(queue: AsyncQueue, instances: int) -> dict[str, float]:
    """What an asynchronous endpoint publishes of its queue.

    The backlog is what waits and what is being processed. Without instances, the backlog per
    instance is the backlog: an endpoint at zero scales out once that exceeds its target.
    """
    return {
        "ApproximateBacklogSize": queue.backlog,
        "ApproximateBacklogSizePerInstance": queue.backlog / max(instances, 1),
        "ApproximateAgeOfOldestRequest": queue.oldest_age,
        "HasBacklogWithoutCapacity": float(queue.waiting > 0 and instances == 0),
    }


def _invocations(variant: Variant) -> dict[str, float]:
    count, variant.invocations = variant.invocations, 0
    return {"Invocations": count, "InvocationsPerInstance": count / len(variant.instances)}
