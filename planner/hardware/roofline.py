"""Speed of a model on GPUs from their data sheets: bytes, arithmetic, launches and links.

Of a decoding step: every GPU reads its part of the weights (of experts, those that the batch is
sent to) and of the KV cache; each layer is launched; each layer's two all-reduces move the hidden
state of every sequence. Megatron-LM's tensor parallelism: https://arxiv.org/abs/1909.08053.
"""

from __future__ import annotations

from planner.hardware.catalogue import Gpu
from planner.hardware.throughput import SLOTS, STEP_TOKENS, Speed
from planner.models.kv_cache import read_bytes, token_bytes
from planner.models.model import Model

COMPUTE_SHARE = 0.68
"""Share of the tensor cores' peak that a prefill reaches: llama-3.1-8b on one A10G, below."""

LARGEST_ERROR = 0.12
"""The largest error of these estimates on 13 measured rows."""

ERROR = f"on 13 measured rows 4% off on average, at most {LARGEST_ERROR:.0%} (docs/benchmarks.md)"
"""The error of these estimates, in words."""

# Seconds of launching a layer's kernels out of a CUDA graph: dense, and with experts to route to.
# Qwen3-14B and -32B, gpt-oss-20b on RTX PRO 6000 at one request (sagemaker-genai-hosting-examples).
_LAUNCH, _LAUNCH_EXPERTS = 30e-6, 55e-6
# Seconds that a layer takes longer for two sequences than for one: its products are of matrices by
# a vector until then. Qwen3-32B with two in flight: 4 to 23 microseconds, by GPU (same source).
_TOGETHER = 10e-6
# Of a token's arithmetic, what a memory-bound step does not hide: same source, 1 to 32 requests.
_EXPOSED = 0.5
_HIDDEN_BYTES = 2
_REDUCES = 2  # all-reduces of a layer


def estimate(
    model: Model,
    gpu: Gpu,
    gpus: int = 1,
    *,
    slots: int = SLOTS,
    kv_tokens: int = 2**40,
    kv_bytes: float = 2.0,
    step_tokens: int = STEP_TOKENS,
) -> Speed:
    """Return the speed that data sheets give.

    Args:
        model: to serve.
        gpu: that serves.
        gpus: that share the model by tensor parallelism.
        slots: sequences decoded at once.
        kv_tokens: that the KV cache holds.
        kv_bytes: of an element of the KV cache.
        step_tokens: most prompt tokens of one step.
    """
    bandwidth = gpu.bandwidth_gb * 1e9 * gpu.bandwidth_share * gpus
    reading = bandwidth * model.format.read_share
    plain = bandwidth if model.format.experts_only else reading
    reduced = reduce_bytes(model, gpus)
    dense = model.weights_bytes - model.embedding_bytes - model.expert_bytes
    launch = _LAUNCH_EXPERTS if model.shape.experts else _LAUNCH
    hops = _REDUCES * 2 * (gpus - 1) * gpu.hop_us * 1e-6
    growing = token_bytes(model, gpus, kv_bytes) * gpus / bandwidth
    fixed = read_bytes(model, 10**6, gpus, kv_bytes) - token_bytes(model, gpus, kv_bytes) * 10**6
    arithmetic = 2 * model.active_parameters / (flops(model, gpu) * COMPUTE_SHARE * gpus)
    return Speed(
        prefill=arithmetic + reduced / (gpu.bulk_gb * 1e9),
        step=dense / plain + model.shape.layers * (launch + hops),
        together=model.shape.layers * _TOGETHER,
        experts=model.expert_bytes / reading,
        active_share=model.active_share,
        sequence=_EXPOSED * arithmetic + reduced / (gpu.link_gb * 1e9) + fixed * gpus / bandwidth,
        kv_token=growing,
        slots=slots,
        kv_tokens=kv_tokens,
        step_tokens=step_tokens,
        measured=False,
        source=f"estimated from data sheets, {gpus} x {gpu.name}; {ERROR}",
    )


def reduce_bytes(model: Model, gpus: int) -> float:
    """Return the bytes that each GPU sends for one token: a ring moves 2(n-1)/n of the data."""
    shape = model.shape
    message = shape.hidden * _HIDDEN_BYTES
    return shape.layers * _REDUCES * 2 * (gpus - 1) / gpus * message


def flops(model: Model, gpu: Gpu) -> float:
    """Return the peak operations per second of the arithmetic that the weights' format takes."""
    fast = model.format.arithmetic == "int8" or (model.format.arithmetic == "fp8" and gpu.fp8)
    return gpu.tflops * 1e12 * (2 if fast else 1)


def least_prefill(model: Model, gpu: Gpu, gpus: int) -> float:
    """Return the fewest seconds per prompt token that the peak allows: no fit may go below."""
    return 2 * model.active_parameters / (flops(model, gpu) * gpus)
