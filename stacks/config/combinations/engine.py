"""Demands of the engine on hosts, images and flags."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from stacks.config.sections import StageSections
from stacks.config.serving.host import HostConfig
from stacks.engines.engine import OWN_AMI_FAMILIES, Adapter
from stacks.engines.flags import losses
from stacks.engines.images import Image, Processor
from stacks.engines.instances import family, processor
from stacks.engines.quantization import quantization_note, quantization_problem


def engine_problems(stage: StageSections) -> Iterator[str]:
    """Say which hosts, quantization and flags the engine cannot take."""
    yield from _all_hosts_problems(stage)
    if stage.model.quantization not in {None, *stage.engine.quantizations}:
        known = ", ".join(sorted(stage.engine.quantizations)) or "left out"
        got = stage.model.quantization
        yield f"model.quantization: got {got!r}; for engine {stage.engine.name} must be {known}"
    elif stage.model.quantization is not None:
        for type_ in _instance_types(stage):
            if problem := quantization_problem(stage.model.quantization, type_):
                yield f"model.quantization: {problem}"
    derived = [*stage.engine.settings(stage.model, gpus=0), *stage.engine.revisions]
    if stage.model.adapters:
        derived += stage.engine.adapter_settings([Adapter("", PurePosixPath(), rank=1)])
    for loss in losses(stage.engine, stage.model.flags, derived):
        yield f"model.flags.{loss}"


def engine_notes(stage: StageSections) -> Iterator[str]:
    """Say what works, but not as a person might expect."""
    if stage.model.quantization is not None:
        for type_ in _instance_types(stage):
            if note := quantization_note(stage.model.quantization, type_):
                yield note


def _instance_types(stage: StageSections) -> Iterator[str]:
    """Name every instance type on which the model may be loaded, each once."""
    hosts = [hosts for hosts in (stage.realtime, stage.asynchronous) if hosts is not None]
    types = [type_ for section in hosts for type_ in section.instance_types]
    batch = [stage.batch.instance_type] if stage.batch is not None else []
    yield from dict.fromkeys([*types, *batch])


def _all_hosts_problems(stage: StageSections) -> Iterator[str]:
    for section, hosts in (("realtime", stage.realtime), ("async", stage.asynchronous)):
        if hosts is not None:
            yield from _hosts_problems(stage, section, hosts)
    if stage.batch is not None:
        image = stage.engine.batch_image
        yield from _host_problems(stage, "batch.instance_type", stage.batch.instance_type, image)


def _hosts_problems(stage: StageSections, section: str, hosts: HostConfig) -> Iterator[str]:
    """Say what keeps the engine from running on any of the types of an endpoint."""
    preferred, *fallbacks = hosts.instance_types
    yield from _host_problems(stage, f"{section}.instance_type", preferred, stage.engine.image)
    for place, type_ in enumerate(fallbacks):
        key = f"{section}.fallback_instance_types.{place}"
        yield from _host_problems(stage, key, type_, stage.engine.image)
    own = {type_ for type_ in hosts.instance_types if family(type_) in OWN_AMI_FAMILIES}
    for place, type_ in enumerate(fallbacks):
        if (type_ in own) != (preferred in own):
            yield (
                f"{section}.fallback_instance_types.{place}: got {type_!r}; must run on the same "
                f"AMI as {preferred}: {', '.join(sorted(OWN_AMI_FAMILIES))} have one of their own"
            )


def _host_problems(
    stage: StageSections, key: str, type_: str, image_for: Callable[[Processor], Image | None]
) -> Iterator[str]:
    """Say what keeps the engine from running on an instance type."""
    engine, image = stage.engine, image_for(processor(type_))
    if image is None:
        wanted = "a CPU" if image_for("cpu") else "a GPU"
        yield f"{key}: got {type_!r}; engine {engine.name} must have {wanted}"
    elif family(type_) in engine.too_old:
        yield f"{key}: got {type_!r}; engine {engine.name} must have a newer GPU"
    elif family(type_) in OWN_AMI_FAMILIES and not (image.cuda or "").startswith("cu13"):
        yield f"{key}: got {type_!r}; must be an older GPU: {image.tag} has no kernels for it"
    elif stage.project.region not in {None, *image.accounts}:
        regions = ", ".join(image.accounts)
        yield f"project.region: got {stage.project.region!r}; must be one of {regions}"
