"""Demands of the region: not every one has every instance type for every use, and the layer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from stacks import adapter_layers
from stacks.config.sections import StageSections
from stacks.engines.instances import family, gpu_count, vcpu_count
from stacks.engines.offers import Use, load_offers

_USES: dict[Use, str] = {"endpoint": "endpoints", "transform": "batch transform"}


def region_problems(stage: StageSections, region: str | None) -> Iterator[str]:
    """Name each thing that the region does not have, and the alternatives.

    Args:
        stage: the stage.
        region: where it is deployed to; nothing is known of None, and of a region without offers.
    """
    # Functions for this machine run in the local cloud, which has every type.
    if region is None or stage.project.package_platform == "host":
        return
    if stage.api is not None and region not in adapter_layers.REGIONS:
        yield (
            f"project.region: got {region!r}; must be a region that the layer of AWS's Lambda Web "
            f"Adapter is published in: {', '.join(sorted(adapter_layers.REGIONS))}"
        )
    too_old = stage.engine.too_old
    if stage.realtime is not None:
        types = stage.realtime.instance_types
        yield from _missing("realtime", types, "endpoint", region, too_old)
    if stage.asynchronous is not None:
        types = stage.asynchronous.instance_types
        yield from _missing("async", types, "endpoint", region, too_old)
    if stage.batch is not None:
        types = (stage.batch.instance_type,)
        yield from _missing("batch", types, "transform", region, too_old)


def _missing(
    section: str, types: tuple[str, ...], use: Use, region: str, too_old: Collection[str]
) -> Iterator[str]:
    offers = load_offers()
    if region not in offers.regions(use):
        return
    offered = [type_ for type_ in offers.in_region(region, use) if family(type_) not in too_old]
    for place, type_ in enumerate(types):
        where = offers.of_type(type_, use)
        if region in where:
            continue
        key = f"fallback_instance_types.{place - 1}" if place else "instance_type"
        instead = ", ".join(_alike(type_, offered)) or "none alike"
        yield (
            f"{section}.{key}: got {type_!r}, which {region} does not have for {_USES[use]}; "
            f"there is: {instead}; {type_} is in: {', '.join(where)} ({offers.source})"
        )


def _alike(instance_type: str, offered: Iterable[str]) -> Iterator[str]:
    """Yield the smallest type of each family with as many GPUs, and no fewer vCPUs."""
    gpus, vcpus, families = gpu_count(instance_type), vcpu_count(instance_type), set[str]()
    for type_ in offered:
        big_enough = gpu_count(type_) == gpus and vcpu_count(type_) >= vcpus
        if big_enough and family(type_) not in families:
            families.add(family(type_))
            yield type_
