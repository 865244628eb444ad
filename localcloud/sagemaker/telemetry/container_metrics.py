"""Detailed observability: what containers say of themselves becomes OpenTelemetry metrics.

A collector on each host reads the container's Prometheus page and publishes what it finds with
labels that name the endpoint, the variant and the host. The container has its Prometheus page only
if its environment says so, as in the real one:
https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-detailed-observability.html
https://docs.aws.amazon.com/sagemaker/latest/dg/inference-monitoring.html
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus

from prometheus_client.parser import text_string_to_metric_families

from localcloud.awsjson.service import Scope
from localcloud.clock import Clock
from localcloud.engines.key import AUTHORIZATION
from localcloud.local_http import UpstreamError, open_exchange
from localcloud.promql import Sample, SeriesStore
from localcloud.promql.expression import NAME
from localcloud.sagemaker.control_plane.store import Store
from localcloud.sagemaker.hosting.endpoint import Endpoint
from localcloud.sagemaker.replicas.traffic import ReplicaSet
from localcloud.settings import HOST

logger = logging.getLogger(__name__)

STEP_SECONDS = 10
"""The shortest of the periods that `MetricPublishFrequencyInSeconds` can be; the others are
multiples of it."""

DEFAULT_PERIOD_SECONDS = 60

TIMEOUT_SECONDS = 2.0
"""Longest (real) wait for a container's page."""

_NO_LABELS: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class ScrapeTarget:
    """A container whose page is read.

    Attributes:
        labels: labels that tell the metrics of this container apart.
        period: seconds by the clock from one scrape to the next.
    """

    scope: Scope
    labels: Mapping[str, str]
    port: int
    path: str
    period: int


class Collector:
    """Reads the pages of all targets, as long as it runs."""

    def __init__(
        self, targets: Callable[[], Iterable[ScrapeTarget]], series: SeriesStore, clock: Clock
    ) -> None:
        self._targets = targets
        self._series = series
        self._pause = clock.real_seconds(STEP_SECONDS)

    async def run(self) -> None:
        """Collect until cancelled."""
        seconds = 0
        while True:
            await asyncio.sleep(self._pause)
            seconds += STEP_SECONDS
            due = [target for target in self._targets() if seconds % target.period == 0]
            await asyncio.gather(*map(self._collect, due))

    async def _collect(self, target: ScrapeTarget) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                page = await _page(target)
            self._series.put(target.scope, _samples(page, target))
        except (TimeoutError, UpstreamError, ValueError) as error:
            logger.debug("no metrics of %s: %r", target.labels, error)


async def _page(target: ScrapeTarget) -> str:
    """Read a page; an empty one where the container has none."""
    headers = [("host", HOST), AUTHORIZATION]
    answer = await open_exchange(target.port, "GET", target.path, headers)
    with closing(answer) as exchange:
        content = b"".join([chunk async for chunk in exchange.body()])
    return content.decode() if exchange.status == HTTPStatus.OK else ""


def _samples(page: str, target: ScrapeTarget) -> list[Sample]:
    """Understand a page.

    Raises:
        ValueError: It is not in Prometheus' text format.
    """
    return [
        Sample({NAME: found.name, **found.labels, **target.labels}, found.value)
        for family in text_string_to_metric_families(page)
        for found in family.samples
    ]


def scrape_targets(store: Store) -> Iterator[ScrapeTarget]:
    """Yield the containers of all endpoints whose configuration does not leave them out."""
    for scope, resources in list(store.items()):
        for endpoint in resources.endpoints.values():
            for variant in endpoint.running_variants:
                yield from _targets(scope, endpoint, variant.replicas)
        for component in resources.components.values():
            label = {"aws.sagemaker.inference_component.name": component.name}
            yield from _targets(scope, component.endpoint, component.copies, label)


def _targets(
    scope: Scope, endpoint: Endpoint, replicas: ReplicaSet, labels: Mapping[str, str] = _NO_LABELS
) -> Iterator[ScrapeTarget]:
    metrics = endpoint.config.get("MetricsConfig", {})
    if not metrics.get("EnableDetailedObservability", True):
        return
    for replica in replicas.replicas:
        if replica.port:
            yield ScrapeTarget(
                scope=scope,
                labels={
                    "aws.sagemaker.endpoint.name": endpoint.name,
                    "aws.sagemaker.variant.name": replicas.name,
                    "aws.sagemaker.container.id": replica.log.name.rpartition("/")[2],
                    "@resource.host.id": replica.slot.instance.id,
                    "@resource.host.type": replica.slot.instance.type,
                    **labels,
                },
                port=replica.port,
                path=replica.container.engine.metrics,
                period=metrics.get("MetricPublishFrequencyInSeconds", DEFAULT_PERIOD_SECONDS),
            )
