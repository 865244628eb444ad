"""The bill of a stage: its endpoints, its jobs, its front door, and what watches them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from planner.billing.front_door import Passage, front_door
from planner.billing.line import Line, total
from planner.billing.load import MONTH, Load, Traffic, loads
from planner.billing.storage import storage, storage_lines
from planner.prices.price_list import (
    REGION,
    Price,
    instance_price,
    price_source,
    regions,
    service_price,
)
from stacks.config import StageConfig

METRICS = 7
"""Metrics of the namespace LLMTwin: docs/architecture.md, "What the service tells of itself"."""

Prices = Mapping[str, Price]

_SHADOW = "shadow"


@dataclass(frozen=True)
class Bill:
    """The bill of one load.

    Attributes:
        load: that is priced.
        lines: of one hour.
    """

    load: Load
    lines: list[Line]

    def usd(self, hours: float) -> float:
        """Return USD for so many hours of this load."""
        return total(self.lines) * hours


def region_of(stage: StageConfig) -> str:
    """Return the region whose prices a stage has; without one of its own, us-east-1."""
    return stage.project.region or REGION


def instance_types(stage: StageConfig) -> list[str]:
    """Return the instance types that a stage may run."""
    sections = (stage.realtime, stage.asynchronous, stage.batch)
    return [section.instance_type for section in sections if section is not None]


def stage_bills(
    stage: StageConfig, traffic: Traffic | None = None, live: Prices | None = None
) -> list[Bill]:
    """Return the bills of a stage: idle, expected and peak.

    Args:
        stage: as its config describes it.
        traffic: that is expected.
        live: prices of instances asked of AWS, in place of the catalogue's; services of a region
            without prices here are then those of us-east-1, as their sources say.

    Raises:
        PlanError: there is no price for the region or for an instance type.
    """
    traffic = traffic or Traffic()
    region = region_of(stage)
    place = region if live is None or region in regions() else REGION
    return [
        Bill(
            load,
            [
                *_instances(stage, load, live or {}),
                *_door(stage, load, traffic, place),
                *_buckets(stage, load, traffic, place),
                *_watch(stage, place),
            ],
        )
        for load in loads(stage, traffic)
    ]


def _instances(stage: StageConfig, load: Load, live: Prices) -> Iterator[Line]:
    hosts = []
    if stage.realtime is not None:
        hosts.append(("real-time", stage.realtime.instance_type, load.realtime))
        if stage.realtime.shadow is not None:
            count = stage.realtime.shadow.instance_count if load.name == "peak" else 0.0
            hosts.append((_SHADOW, stage.realtime.instance_type, count))
    if stage.asynchronous is not None:
        hosts.append(("asynchronous", stage.asynchronous.instance_type, load.asynchronous))
    if stage.batch is not None:
        hosts.append(("batch", stage.batch.instance_type, load.batch))
    for kind, instance, count in hosts:
        price = live.get(instance) or instance_price(instance, region_of(stage))
        yield Line(f"{kind}, {instance}", count, "instance-hours", price)


def _door(stage: StageConfig, load: Load, traffic: Traffic, region: str) -> Iterator[Line]:
    if stage.api is None:
        return
    passage = Passage(
        requests=load.requests_per_hour + load.polls_per_hour,
        tokens=load.requests_per_hour * traffic.tokens,
        tokens_per_second=traffic.tokens_per_second,
        memory_mb=stage.monolith.memory_mb if stage.monolith else stage.api.memory_mb,
        architecture="x86_64" if stage.monolith else "arm64",
        held_seconds=traffic.held_seconds,
        metrics=METRICS / MONTH,
    )
    yield from front_door(passage, region)
    if stage.monolith is not None and stage.monolith.snapstart:
        # Of the one version that is kept, whether anybody asks or not.
        gb_seconds = stage.monolith.memory_mb / 1024 * 3600
        price = service_price("lambda_snapstart_gb_second", region)
        yield Line("SnapStart, snapshot", gb_seconds, "GB-s", price)


def _buckets(stage: StageConfig, load: Load, traffic: Traffic, region: str) -> Iterator[Line]:
    found = storage(stage, load, traffic)
    if found is not None:
        yield from storage_lines(found, region)


def _watch(stage: StageConfig, region: str) -> Iterator[Line]:
    if count := alarms(stage):
        price = service_price("alarm_month", region)
        yield Line("alarms", count / MONTH, "alarm-months", price)


def alarms(stage: StageConfig) -> int:
    """Return the alarms that the stacks create; those of Application Auto Scaling come on top."""
    serving = 0 if stage.monolith else 3 if stage.scales_to_zero else 2
    asynchronous = 2 if stage.asynchronous else 0
    idle = stage.budget is not None and stage.budget.idle_minutes is not None
    return idle + serving + asynchronous + (2 if stage.batch else 0) + (1 if stage.is_probed else 0)


def sentence(stage: StageConfig) -> str:
    """Return what a stage costs at rest and at most, in a line.

    Raises:
        PlanError: there is no price for the region or for an instance type.
    """
    idle, _, peak = (
        [line for line in bill.lines if line.unit == "instance-hours"]
        for bill in stage_bills(stage)
    )
    shadow = total(line for line in peak if line.name.startswith(_SHADOW))
    told = f" ({shadow:.2f} of it while a version shadows)" if shadow else ""
    return (
        f"cost: {total(idle):.2f} USD an hour at rest ({total(idle) * MONTH:,.0f} a month), "
        f"instances at most {total(peak):.2f} an hour{told}; prices: "
        f"{price_source(region_of(stage))}. More: twin plan cost --stage {stage.stage}"
    )
