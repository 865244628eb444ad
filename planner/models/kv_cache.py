"""KV cache of a model on the GPUs that share it: bytes by kind of layer.

Heads are shared out; where there are fewer than GPUs, each GPU keeps one. A latent vector and a
state are kept as vLLM keeps them: the first whole on every GPU, the second shared out.
"""

from __future__ import annotations

from math import ceil

from model_artifacts.inspection.attention import Attention
from planner.models.model import Model

ELEMENT_BYTES = {
    **dict.fromkeys(("auto", "bfloat16", "float16"), 2.0),
    **dict.fromkeys(("fp8", "fp8_e4m3", "fp8_e5m2"), 1.0),
}
"""Bytes of an element by `--kv-cache-dtype`; auto is 16 bits for all that is not FP8 itself."""

STATE_BYTES = 2.0
"""Bytes of an element of a state: the model's own type where `mamba_ssm_cache_dtype` is auto."""


def token_bytes(model: Model, gpus: int = 1, element_bytes: float = 2.0) -> float:
    """Return the bytes that one more token takes on each GPU, in the layers that keep all."""
    return sum(_of_token(layer, gpus) * element_bytes for layer in _growing(model))


def sequence_bytes(
    model: Model, tokens: int, *, gpus: int = 1, element_bytes: float = 2.0, step_tokens: int = 0
) -> float:
    """Return the bytes of one sequence of so many tokens on each GPU.

    Args:
        model: whose layers keep them.
        tokens: of prompt and answer.
        gpus: that share the model.
        element_bytes: of keys and values.
        step_tokens: most tokens of one step, which a window's cache holds on top of the window:
            vLLM's SlidingWindowSpec.
    """
    total = 0.0
    for layer in model.shape.attention:
        if layer.state:
            total += layer.state * STATE_BYTES / gpus
            continue
        kept = tokens if layer.window is None else min(tokens, layer.window - 1 + step_tokens)
        total += kept * _of_token(layer, gpus) * element_bytes
    return total


def read_bytes(model: Model, tokens: float, gpus: int = 1, element_bytes: float = 2.0) -> float:
    """Return the bytes that decoding one token after so many reads on each GPU."""
    total = 0.0
    for layer in model.shape.attention:
        if layer.state:
            total += 2 * layer.state * STATE_BYTES / gpus  # read, and written again
            continue
        seen = tokens if layer.window is None else min(tokens, layer.window)
        total += seen * _of_token(layer, gpus) * element_bytes
    return total


def _growing(model: Model) -> list[Attention]:
    return [layer for layer in model.shape.attention if not layer.state and layer.window is None]


def _of_token(layer: Attention, gpus: int) -> int:
    """Return the elements of one token on each GPU."""
    heads = 1 if layer.latent else ceil(layer.kv_heads / gpus)
    return heads * layer.elements
