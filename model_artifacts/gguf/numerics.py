"""The keys of config.json that change a model's numbers: carried over, or refused by name.

What transformers computes from a config.json, llama.cpp computes from GGUF's keys of the same
architecture; a key between the two that nobody reads is another model.
https://github.com/huggingface/transformers/blob/main/src/transformers/models/llama/configuration_llama.py
"""

from __future__ import annotations

from typing import Any

from model_artifacts.gguf.architectures import ARCHITECTURES
from model_artifacts.gguf.errors import UnsupportedCheckpointError
from model_artifacts.gguf.rope import read_rope

# The one value of each key that llama.cpp computes; a key left out, or null, has it.
_ONLY: dict[str, object] = {
    "hidden_act": "silu",
    "attention_bias": False,
    "mlp_bias": False,
    "partial_rotary_factor": 1,
    # Code of the checkpoint's own may do anything, and quantized weights are no floats.
    "auto_map": None,
    "quantization_config": None,
    # Of architectures that were made of Llama's, such as Qwen, Granite, Gemma and OLMo.
    "use_sliding_window": False,
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

_SWITCHES_WINDOW = {"qwen2", "qwen3"}


def check_numbers(raw: dict[str, Any]) -> None:
    """Refuse a config whose model computes what llama.cpp does not.

    Raises:
        UnsupportedCheckpointError: A key has another value than the one supported.
    """
    kind = raw.get("model_type")
    if not isinstance(kind, str) or kind not in ARCHITECTURES:
        supported = ", ".join(map(repr, ARCHITECTURES))
        raise UnsupportedCheckpointError(
            f"model_type {kind!r} is not supported; supported: {supported}"
        )
    if raw.get("architectures") is not None:
        _require(raw, "architectures", [ARCHITECTURES[kind].causal_lm])
    # Qwen's says how long a window would be; use_sliding_window, whether there is one.
    if kind not in _SWITCHES_WINDOW and raw.get("sliding_window") is not None:
        _require(raw, "sliding_window", None)
    for key, only in _ONLY.items():
        if raw.get(key) is not None:
            _require(raw, key, only)
    kinds = raw.get("layer_types") or []
    if not isinstance(kinds, list) or any(kind != "full_attention" for kind in kinds):
        raise UnsupportedCheckpointError(
            "layer_types: other layers than 'full_attention' are not supported"
        )
    read_rope(raw)


def _require(raw: dict[str, Any], key: str, only: object) -> None:
    if (found := raw.get(key)) != only:
        raise UnsupportedCheckpointError(f"{key} {found!r} is not supported; supported: {only!r}")
