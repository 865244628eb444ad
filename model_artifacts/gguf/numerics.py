"""The keys of config.json that change a Llama model's numbers: carried over, or refused by name.

What transformers computes from a config.json of model type llama, llama.cpp computes from GGUF's
keys of the architecture llama; a key between the two that nobody reads is another model.
https://github.com/huggingface/transformers/blob/main/src/transformers/models/llama/configuration_llama.py
"""

from __future__ import annotations

import math
from typing import Any


class UnsupportedCheckpointError(ValueError):
    """The checkpoint is not one that can be converted; the message says what would be."""


# The one value of each key that llama.cpp computes; a key left out, or null, has it.
_ONLY: dict[str, object] = {
    "hidden_act": "silu",
    "attention_bias": False,
    "mlp_bias": False,
    "partial_rotary_factor": 1,
    "architectures": ["LlamaForCausalLM"],
    # Code of the checkpoint's own may do anything, and quantized weights are no floats.
    "auto_map": None,
    "quantization_config": None,
    # Of architectures that were made of Llama's, such as Mistral, Granite, Gemma and OLMo.
    "sliding_window": None,
    "attention_multiplier": None,
    "embedding_multiplier": 1,
    "residual_multiplier": 1,
    "logits_scaling": 1,
    "logit_scale": 1,
    "attn_logit_softcapping": None,
    "final_logit_softcapping": None,
    "query_pre_attn_scalar": None,
    "clip_qkv": None,
    "use_qk_norm": False,
    "no_rope_layers": None,
    "num_local_experts": None,
}
_ROPE_TYPES = ("default", "linear")


def check_numbers(raw: dict[str, Any]) -> None:
    """Refuse a config whose model computes what GGUF's llama does not.

    Raises:
        UnsupportedCheckpointError: A key has another value than the one supported.
    """
    require(raw, "model_type", "llama")
    for key, only in _ONLY.items():
        if raw.get(key) is not None:
            require(raw, key, only)
    kinds = raw.get("layer_types") or []
    if not isinstance(kinds, list) or any(kind != "full_attention" for kind in kinds):
        raise UnsupportedCheckpointError(
            "layer_types: other layers than 'full_attention' are not supported"
        )
    rope_scaling_factor(raw)


def require(raw: dict[str, Any], key: str, only: object) -> None:
    """Refuse any other value of a key.

    Raises:
        UnsupportedCheckpointError: The value is another one.
    """
    if (found := raw.get(key)) != only:
        raise UnsupportedCheckpointError(f"{key} {found!r} is not supported; supported: {only!r}")


def rope_scaling_factor(raw: dict[str, Any]) -> float:
    """Return the factor by which positions are divided; 1 where they are not scaled.

    Raises:
        UnsupportedCheckpointError: Positions are scaled in another way than linearly.
    """
    factors = {
        _factor(name, rope)
        for name in ("rope_parameters", "rope_scaling")
        if (rope := raw.get(name))
    }
    if len(factors) > 1:
        raise UnsupportedCheckpointError(
            "rope_parameters and rope_scaling differ; supported: one of them"
        )
    return factors.pop() if factors else 1.0


def _factor(name: str, rope: object) -> float:
    if not isinstance(rope, dict):
        raise UnsupportedCheckpointError(f"{name} {rope!r} is not supported; supported: an object")
    # Files from before transformers 4.43 say "type".
    kinds = {rope[key] for key in ("rope_type", "type") if isinstance(rope.get(key), str)}
    kind = kinds.pop() if len(kinds) == 1 else "default" if not kinds else sorted(kinds)
    if kind not in _ROPE_TYPES:
        allowed = ", ".join(map(repr, _ROPE_TYPES))
        raise UnsupportedCheckpointError(
            f"{name}: rope_type {kind!r} is not supported; supported: {allowed}"
        )
    known = {"rope_type", "type", "rope_theta", "partial_rotary_factor"}
    known |= {"factor"} if kind == "linear" else set()
    if unknown := sorted(key for key in rope.keys() - known if rope[key] is not None):
        raise UnsupportedCheckpointError(
            f"{name}: {unknown[0]} is not supported for rope_type {kind!r}; supported: "
            f"{', '.join(sorted(known))}"
        )
    if rope.get("partial_rotary_factor") is not None:
        require(rope, "partial_rotary_factor", 1)
    return _positive(name, rope.get("factor")) if kind == "linear" else 1.0


def _positive(name: str, factor: object) -> float:
    if type(factor) not in (int, float) or not 1 <= float(str(factor)) < math.inf:
        raise UnsupportedCheckpointError(
            f"{name}: factor {factor!r} is not supported; supported: a number from 1"
        )
    return float(str(factor))
