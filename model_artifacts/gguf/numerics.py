"""The keys of config.json that change a Llama model's numbers: carried over, or refused by name.

What transformers computes from a config.json of model type llama, llama.cpp computes from GGUF's
keys of the architecture llama; a key between the two that nobody reads is another model.
https://github.com/huggingface/transformers/blob/main/src/transformers/models/llama/configuration_llama.py
"""

from __future__ import annotations

from typing import Any

from model_artifacts.gguf.errors import UnsupportedCheckpointError
from model_artifacts.gguf.rope import read_rope

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


def check_numbers(raw: dict[str, Any]) -> None:
    """Refuse a config whose model computes what GGUF's llama does not.

    Raises:
        UnsupportedCheckpointError: A key has another value than the one supported.
    """
    _require(raw, "model_type", "llama")
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
