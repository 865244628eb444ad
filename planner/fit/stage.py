"""Fit of a stage's model on every instance type that the stage names, before anything is deployed.

Refused is only what cannot work; where the model or the instance is not known, that is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from planner.errors import PlanError
from planner.fit.flags import EngineFlags, read_version
from planner.fit.llama_cpp import Slots, llama_cpp_refusal
from planner.fit.memory import Fit, fit
from planner.hardware.catalogue import GIB, cpu_gib, instance_type
from planner.models.known import hub_model
from planner.models.kv_cache import sequence_bytes
from planner.models.model import Model
from planner.models.quantization import known_format
from planner.models.sources import find_model
from stacks.config import ModelConfig, StageConfig
from stacks.engines.images import Image
from stacks.engines.instances import processor, vcpu_count

# Flags with which the sum would be another one, so that none is made.
_UNCOUNTED = {
    "pipeline_parallel_size", "data_parallel_size", "decode_context_parallel_size",
    "cpu_offload_gb", "kv_offloading_size", "kv_cache_memory_bytes", "num_gpu_blocks_override",
    "hf_overrides", "model_loader_extra_config", "quantize", "load_format",
}  # fmt: skip


@dataclass(frozen=True)
class Host:
    """An instance type of a stage, and the image that serves on it.

    Attributes:
        key: that names the type in config, such as realtime.instance_type.
        type: such as ml.g6e.xlarge.
        image: of the engine; None where the engine has none.
    """

    key: str
    type: str
    image: Image | None


@dataclass(frozen=True, kw_only=True)
class StageFit:
    """A stage's model on the stage's instance types.

    Attributes:
        refusals: why the model does not fit, a sentence for each instance type.
        unknown: why no sum was made, in a sentence; None where one was made for every type.
    """

    refusals: tuple[str, ...] = ()
    unknown: str | None = None


def stage_fit(stage: StageConfig, root: Path, read: Model | None = None) -> StageFit:
    """Return how a stage's model fits on each instance type of the stage.

    Args:
        stage: the stage.
        root: directory that the stage's own files are below.
        read: the model as somebody has read it where it lies; left out, it is found on this
            machine, or not known.
    """
    refusals: dict[str, None] = {}
    unknown: dict[str, None] = {}
    try:
        model = _model(stage.model, root, read)
    except PlanError as error:
        return StageFit(unknown=_not_known(stage.model, error))
    for host in _hosts(stage):
        try:
            if problem := _refusal(stage, model, host):
                got = f"got {host.type!r}, which does not hold {model.name}"
                refusals[f"{host.key}: {got}: {problem}"] = None
        except PlanError as error:
            unknown[f"{error}"] = None
    told = _not_known(stage.model, "; ".join(unknown)) if unknown else None
    return StageFit(refusals=tuple(refusals), unknown=told)


def _not_known(model: ModelConfig, why: object) -> str:
    asked = model.artifacts or model.hub or "MODEL --config config.json"
    return f"{why}. What fits: twin plan fit {asked}"


def _model(config: ModelConfig, root: Path, read: Model | None) -> Model:
    """Return the stage's model as the engine loads it.

    Raises:
        PlanError: its shape, or the flags that decide memory, are not known.
    """
    flags = {_plain(name) for name in config.flags}
    if strange := sorted(flags & _UNCOUNTED):
        raise PlanError(f"model.flags.{strange[0]} changes what is loaded, and is not counted")
    found = read
    if found is None and config.artifacts is not None:
        found = find_model(str(root / config.artifacts))
    elif found is None:
        found = hub_model(config.hub) if config.hub is not None else None
    if found is None:
        raise PlanError(f"the shape of {config.hub or config.s3} is not known here")
    if found.shape.unknown:
        raise PlanError(f"{found.name}: {found.shape.unknown[0]}")
    if config.quantization is not None:
        found = found.quantized(known_format(config.quantization))
    return found


def _hosts(stage: StageConfig) -> Iterator[Host]:
    sections = [("realtime", stage.realtime), ("async", stage.asynchronous)]
    for name, section in sections:
        for place, type_ in enumerate(section.instance_types if section else ()):
            key = f"fallback_instance_types.{place - 1}" if place else "instance_type"
            yield Host(f"{name}.{key}", type_, stage.engine.image(processor(type_)))
    if stage.batch is not None:
        type_ = stage.batch.instance_type
        yield Host("batch.instance_type", type_, stage.engine.batch_image(processor(type_)))


def _refusal(stage: StageConfig, model: Model, host: Host) -> str | None:
    """Return why the model does not fit a host, or None.

    Raises:
        PlanError: the instance type or a flag is not known here.
    """
    if stage.engine.name == "llama-cpp":
        return llama_cpp_refusal(model, _slots(stage.model), _all_gib(host.type))
    instance = instance_type(host.type)
    if stage.engine.name == "vllm":
        flags = _flags(stage.model, host.image)
        found = fit(model, instance.gpu, instance.gpus, flags)
        return f"{found.refusal}; {_instead(found)}" if found.refusal else None
    return _least_refusal(stage.model, model, instance.gpus * instance.gpu.memory_gib)


def _least_refusal(config: ModelConfig, model: Model, memory: float) -> str | None:
    """Return why an engine without a formula cannot serve from so many GiB, or None.

    It needs the weights and the cache of one request at least, whatever else it takes.

    Raises:
        PlanError: a flag's value is not known here.
    """
    element = _flags(config, None).element_bytes
    weights = model.weights_bytes / GIB
    request = sequence_bytes(model, config.context_length, element_bytes=element) / GIB
    if weights + request <= memory:
        return None
    return (
        f"weights {weights:.2f} + {config.context_length} tokens of KV cache {request:.2f} = "
        f"{weights + request:.2f} GiB; its GPUs have {memory:.2f}; must be a shorter "
        "model.context_length, a larger instance or a quantized model"
    )


def _instead(found: Fit) -> str:
    shorter = f"at most {found.largest_context}" if found.largest_context >= 128 else ""
    context = f"a model.context_length of {shorter}, " if shorter else ""
    return f"must be {context}a larger instance or a quantized model"


def _all_gib(type_: str) -> float:
    """Return the memory of an instance, of host and GPUs together."""
    if processor(type_) == "cpu":
        return cpu_gib(type_, vcpu_count(type_))
    instance = instance_type(type_)
    return instance.host_gib + instance.gpus * instance.gpu.memory_gib


def _slots(model: ModelConfig) -> Slots:
    flags = {_plain(name): value for name, value in model.flags.items()}
    types = (str(flags.get("cache_type_k", "f16")), str(flags.get("cache_type_v", "f16")))
    return Slots(
        count=model.max_concurrent_sequences, context=model.context_length, cache_types=types
    )


def _flags(model: ModelConfig, image: Image | None) -> EngineFlags:
    """Return what of a stage's config decides vLLM's memory.

    Raises:
        PlanError: a flag's value is not one that vLLM takes.
    """
    given = {_plain(name): value for name, value in model.flags.items()}
    share, step = given.get("gpu_memory_utilization", 0.9), given.get("max_num_batched_tokens")
    if not isinstance(share, int | float) or not isinstance(step, int | None):
        raise PlanError("model.flags: gpu_memory_utilization and max_num_batched_tokens: no number")
    flags = EngineFlags(
        gpu_memory_utilization=float(share),
        max_num_seqs=model.max_concurrent_sequences,
        max_num_batched_tokens=step,
        max_model_len=model.context_length,
        kv_cache_dtype=str(given.get("kv_cache_dtype", "auto")),
        enforce_eager=given.get("enforce_eager") is True,
    )
    return flags.of_version(read_version(image.version)) if image else flags


def _plain(flag: str) -> str:
    return flag.replace("-", "_").lower()
