"""Memory beside weights and KV cache: what vLLM's profiling run finds, and what is outside torch.

vLLM runs the largest step and a sampler warm-up before it allocates the cache, and what the larger
of the two peaks at is kept free. Figures fitted to logs: docs/decisions/0101.
"""

from __future__ import annotations

from dataclasses import dataclass

from planner.fit.flags import EngineFlags
from planner.hardware.catalogue import GIB, Gpu
from planner.models.model import Model

# Bytes of a logit while top-k and top-p are warmed up: 16- and 32-bit logits, sorted values with
# 64-bit indices, the sort's own room, probabilities and their sums. Seven logs of vLLM 0.11 on
# H100 give 38.3 to 38.5. vllm#27508, #14452, #33920
_LOGIT_BYTES = 38.4
# CUDA context and libraries, and NCCL's buffers as soon as there are two GPUs: same logs.
_OUTSIDE_TORCH, _OUTSIDE_TORCH_SHARED = 0.13 * GIB, 0.55 * GIB
_GRAPHS_COUNTED_SINCE = (0, 21)
# An estimate of an estimate: 14 graphs 0.61 GiB, 16 0.36, 86 0.94 and 1.58 in logs of vLLM 0.20 on.
_GRAPHS, _GRAPH = 0.2 * GIB, 0.0125 * GIB
_LARGEST_GRAPH = 512
_WIDE = 2.0  # bytes of an activation


@dataclass(frozen=True)
class Overhead:
    """Memory of one GPU that neither weights nor KV cache can have, in bytes.

    Attributes:
        activations: of the profiling run, its peak.
        outside_torch: CUDA's and NCCL's own.
        graphs: estimated for CUDA graphs; 0 before vLLM 0.21.
        decided_by: what the peak of the activations is, in words.
    """

    activations: float
    outside_torch: float
    graphs: float
    decided_by: str

    @property
    def total(self) -> float:
        """Bytes of all of it."""
        return self.activations + self.outside_torch + self.graphs


def overhead(model: Model, gpu: Gpu, gpus: int, flags: EngineFlags) -> Overhead:
    """Return the overhead on one of so many GPUs."""
    flags = flags.on(gpu)
    sequences, tokens = flags.max_num_seqs or 1, flags.max_num_batched_tokens or 1
    hidden = tokens * model.shape.hidden * _WIDE
    sampler = min(sequences, tokens) * model.shape.vocabulary * _LOGIT_BYTES + hidden
    step = _step_bytes(model, tokens, gpus)
    return Overhead(
        activations=max(sampler, step),
        outside_torch=_OUTSIDE_TORCH if gpus == 1 else _OUTSIDE_TORCH_SHARED,
        graphs=_graph_bytes(sequences, flags),
        decided_by=f"the sampler's warm-up, {sequences} sequences x {model.shape.vocabulary} tokens"
        if sampler >= step
        else f"a step of {tokens} tokens",
    )


def _step_bytes(model: Model, tokens: int, gpus: int) -> float:
    """Return the peak of one step: the residual, and a feed-forward layer's input and output."""
    shape = model.shape
    routed = max(1, shape.experts_per_token)
    inner = 3 * shape.intermediate * routed / gpus
    copies = shape.hidden * (routed if shape.experts else 1)
    return tokens * (2 * shape.hidden + inner + copies) * _WIDE


def _graph_bytes(sequences: int, flags: EngineFlags) -> float:
    if flags.enforce_eager or flags.version < _GRAPHS_COUNTED_SINCE:
        return 0.0
    most = min(2 * sequences, _LARGEST_GRAPH)
    return _GRAPHS + _GRAPH * (_graphs_up_to(most) + _graphs_up_to(min(sequences, most)))


def _graphs_up_to(batch: int) -> int:
    """Count vLLM's capture sizes: 1, 2, 4, then each 8 to 256, then each 16."""
    return sum(size <= batch for size in (1, 2, 4, *range(8, 256, 8), *range(256, 513, 16)))
