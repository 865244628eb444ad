"""Fit of a model under llama.cpp: weights and the KV cache of all slots against the instance.

llama.cpp makes its whole cache at the start, of `--ctx-size` tokens, and puts in the host's memory
what the GPUs do not take: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from planner.errors import PlanError
from planner.hardware.catalogue import GIB
from planner.models.kv_cache import sequence_bytes
from planner.models.model import Model

# Bytes of an element by --cache-type-k and --cache-type-v; blocks of 32 with a 16-bit scale, and
# in the types _1 a minimum: https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
CACHE_TYPES = {
    "f32": 4.0, "f16": 2.0, "bf16": 2.0, "q8_0": 34 / 32, "q5_1": 24 / 32, "q5_0": 22 / 32,
    "q4_1": 20 / 32, "q4_0": 18 / 32, "iq4_nl": 18 / 32,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Slots:
    """Requests that llama.cpp decodes at once, each with a context of its own.

    Attributes:
        count: of slots, 1 or more.
        context: most tokens of one.
        cache_types: of keys and of values.
    """

    count: int
    context: int
    cache_types: tuple[str, str] = ("f16", "f16")

    @property
    def element_bytes(self) -> float:
        """Bytes of an element of keys and values, on average.

        Raises:
            PlanError: a type is not known here.
        """
        for name in self.cache_types:
            if name not in CACHE_TYPES:
                known = ", ".join(CACHE_TYPES)
                raise PlanError(f"cache type: got {name!r}; must be one of {known}")
        return sum(CACHE_TYPES[name] for name in self.cache_types) / 2


def llama_cpp_refusal(model: Model, slots: Slots, memory_gib: float) -> str | None:
    """Return why a model does not fit an instance, with the sum; None where it does.

    The sum is a lower bound: buffers of the computation, and the system's own memory, are left out.

    Args:
        model: to serve.
        slots: that share the cache.
        memory_gib: of the instance, of host and GPUs together.

    Raises:
        PlanError: a type of the cache is not known here.
    """
    one = sequence_bytes(model, slots.context, element_bytes=slots.element_bytes)
    weights, cache = model.weights_bytes / GIB, one * slots.count / GIB
    if weights + cache <= memory_gib:
        return None
    room = floor((memory_gib - weights) * GIB / one)
    fewer = f", or at most {room} sequences of this context" if room > 0 else ""
    return (
        f"weights {weights:.2f} + KV cache {cache:.2f} ({slots.context} tokens x {slots.count} "
        f"sequences) = {weights + cache:.2f} GiB; the instance has {memory_gib:g}; must be a "
        f"shorter model.context_length, fewer model.max_concurrent_sequences{fewer}"
    )
