"""Fit of a model on GPUs: weights, overhead, KV cache, context and concurrency."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from planner.fit.flags import EngineFlags
from planner.fit.overhead import Overhead, overhead
from planner.hardware.catalogue import GIB, Gpu
from planner.models.kv_cache import sequence_bytes
from planner.models.model import Model

BLOCK = 16
"""Tokens of a block of vLLM's KV cache."""

_DEFAULT_CONTEXT = 8192
_PADDED_VOCABULARY = 64


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A model on GPUs; all bytes are of one GPU.

    Attributes:
        gpus: that share the model.
        weights: bytes of the GPU's part of the weights.
        overhead: bytes that neither weights nor cache can have.
        usable: bytes that the engine takes: the GPU's memory x gpu_memory_utilization.
        context: most tokens of one request, as asked for.
        sequence: bytes of the cache of one request of that length.
        largest_context: most tokens of one request whose cache fits, at most the model's own.
        refusal: why it does not fit, with the sum; None where it does.
        unknown: what of the model is not understood, in words.
    """

    gpus: int
    weights: float
    overhead: Overhead
    usable: float
    context: int
    sequence: float
    largest_context: int
    refusal: str | None
    unknown: tuple[str, ...] = ()

    @property
    def cache(self) -> float:
        """Bytes left for the KV cache; below 0 where the weights alone do not fit."""
        return self.usable - self.weights - self.overhead.total

    @property
    def concurrency(self) -> float:
        """Requests of the full context whose cache fits at once."""
        return max(0.0, self.cache) / self.sequence

    @property
    def kv_tokens(self) -> int:
        """Tokens of the cache as vLLM logs them: concurrency x context, in whole blocks."""
        return floor(self.concurrency * self.context / BLOCK) * BLOCK


def fit(model: Model, gpu: Gpu, gpus: int = 1, flags: EngineFlags | None = None) -> Fit:
    """Return how a model fits on so many GPUs that share it by tensor parallelism."""
    flags = (flags or EngineFlags()).on(gpu)
    context = flags.max_model_len or model.shape.context_length or _DEFAULT_CONTEXT
    beside = overhead(model, gpu, gpus, flags)
    weights, usable = (
        model.weights_bytes / gpus,
        gpu.memory_gib * GIB * flags.gpu_memory_utilization,
    )
    sequence = _sequence(model, context, gpus, flags)
    cache = usable - weights - beside.total
    largest = _largest_context(model, gpus, flags, cache)
    return Fit(
        gpus=gpus,
        weights=weights,
        overhead=beside,
        usable=usable,
        context=context,
        sequence=sequence,
        largest_context=min(largest, model.shape.context_length or largest),
        refusal=_indivisible(model, gpus)
        or (_too_large(weights, sequence, context, beside, usable) if cache < sequence else None),
        unknown=model.shape.unknown,
    )


def _sequence(model: Model, tokens: int, gpus: int, flags: EngineFlags) -> float:
    return max(
        1.0,
        sequence_bytes(
            model,
            tokens,
            gpus=gpus,
            element_bytes=flags.element_bytes,
            step_tokens=flags.max_num_batched_tokens or 0,
        ),
    )


def _largest_context(model: Model, gpus: int, flags: EngineFlags, cache: float) -> int:
    """Return the most tokens whose cache fits, by halving: a window makes it no straight line."""
    low, high = 0, 2**30
    while low < high:
        middle = (low + high + 1) // 2
        if _sequence(model, middle, gpus, flags) <= cache:
            low = middle
        else:
            high = middle - 1
    return low


def _indivisible(model: Model, gpus: int) -> str | None:
    """Return why tensor parallelism cannot share the model evenly, or None."""
    shape = model.shape
    if shape.heads % gpus:
        return f"{gpus} GPUs: got {shape.heads} attention heads; must be a multiple of the GPUs"
    padded = -(-shape.vocabulary // _PADDED_VOCABULARY) * _PADDED_VOCABULARY
    if padded % gpus:
        return (
            f"{gpus} GPUs: got {shape.vocabulary} tokens of vocabulary, {padded} as vLLM pads "
            "them; must be a multiple of the GPUs"
        )
    kv_heads = {layer.kv_heads for layer in shape.attention if layer.kv_heads and not layer.latent}
    for heads in sorted(kv_heads):
        if heads % gpus and gpus % heads:
            return f"{gpus} GPUs: got {heads} KV heads; must divide the GPUs, or be a multiple"
    return None


def _too_large(
    weights: float, sequence: float, context: int, beside: Overhead, usable: float
) -> str:
    needed = weights + sequence + beside.total
    return (
        f"weights {weights / GIB:.2f} + {context} tokens of KV cache {sequence / GIB:.2f} + "
        f"overhead {beside.total / GIB:.2f} = {needed / GIB:.2f} GiB per GPU; "
        f"usable are {usable / GIB:.2f}"
    )
