"""Demands on the place of a model: an endpoint, or the streaming function."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.report import inspect_model
from stacks.config.monolith import MonolithConfig
from stacks.config.sections import StageSections

_F16_BYTES = 2


def place_problems(stage: StageSections) -> Iterator[str]:
    """Say that the model has no place, or two."""
    given = [name for name in ("realtime", "monolith") if getattr(stage, name) is not None]
    if len(given) != 1:
        got = " and ".join(given) or "neither"
        yield f"realtime: got {got}; must be exactly one of [realtime] and [monolith]"


def monolith_problems(stage: StageSections, root: Path) -> Iterator[str]:
    """Say which demands of a stage a monolith cannot meet; local weights are below `root`."""
    if stage.monolith is None:
        return
    yield from _model_problems(stage)
    yield from _api_problems(stage)
    if stage.budget is not None and stage.budget.idle_minutes is not None:
        yield "budget.idle_minutes: must be left out with [monolith]: nothing of it idles"
    if stage.model.artifacts is not None:
        yield from _size_problems(stage, stage.monolith, root / stage.model.artifacts)


def _model_problems(stage: StageSections) -> Iterator[str]:
    model = stage.model
    if model.engine != "llama-cpp":
        yield (
            f"model.engine: got {model.engine!r}; must be 'llama-cpp' with [monolith]: a function "
            "has no GPU"
        )
    if model.hub is not None:
        yield (
            f"model.hub: got {model.hub!r}; must be left out with [monolith], for model.artifacts "
            "or model.s3: each cold start would download from the hub"
        )
    if model.flags:
        yield "model.flags: must be left out with [monolith], whose engine takes none"
    if model.modalities != ["text"]:
        yield (
            f"model.modalities: got {model.modalities}; must be ['text'] with [monolith]: the one "
            "*.gguf it loads reads nothing else"
        )
    jobs = stage.asynchronous or stage.batch
    if "max_concurrent_sequences" in model.model_fields_set and not jobs:
        yield (
            "model.max_concurrent_sequences: must be left out with [monolith] alone: an "
            "environment has one caller"
        )


def _api_problems(stage: StageSections) -> Iterator[str]:
    api = stage.api
    if api is None:
        yield "api: missing; must be there with [monolith], which is its streaming function"
        return
    if api.cold_start is not None:
        yield (
            "api.cold_start: must be left out with [monolith]: each caller's own environment "
            "starts, and nobody waits for an endpoint"
        )
    if api.probe:
        yield "api.probe: got true; must be left out or false with [monolith]: there is no endpoint"
    for key, instead in (
        ("memory_mb", "monolith.memory_mb"),
        ("reserved_concurrency", "monolith.max_concurrency"),
    ):
        if key in api.model_fields_set:
            yield f"api.{key}: must be left out with [monolith]; it is {instead} there"


def _size_problems(
    stage: StageSections, monolith: MonolithConfig, directory: Path
) -> Iterator[str]:
    """Say that weights and KV cache do not fit; faults of the files are said elsewhere."""
    try:
        report = inspect_model(directory)
    except InspectionError:
        return
    cache = cache_bytes(stage, directory)
    room, needed = monolith.room_mb(cache), -(-report.weights_bytes // 2**20)
    if needed > room:
        yield (
            f"monolith.memory_mb: got {monolith.memory_mb}; must be at least "
            f"{monolith.memory_mb - room + needed}: {needed} MB of weights, {-(-cache // 2**20)} "
            f"of KV cache for {stage.model.context_length} tokens, and the service"
        )


def cache_bytes(stage: StageSections, directory: Path) -> int:
    """Return the bytes of the KV cache of the model in a directory; 0 where nothing tells them.

    Raises:
        InspectionError: The directory has no model that can be read.
    """
    shape = inspect_model(directory).kv_cache
    return shape.bytes_of(stage.model.context_length, _F16_BYTES) if shape else 0
