"""Keys of config.json that change the numbers: each is carried over or refused by its name."""

from __future__ import annotations

from typing import Any

import pytest

from model_artifacts.gguf.errors import UnsupportedCheckpointError
from model_artifacts.gguf.numerics import check_numbers
from tests.support.llama_checkpoint import CONFIG


@pytest.mark.parametrize(
    "harmless",
    [
        {"architectures": ["LlamaForCausalLM"], "hidden_act": "silu", "torch_dtype": "bfloat16"},
        {"attention_bias": None, "sliding_window": None, "quantization_config": None},
        {"rope_scaling": None, "partial_rotary_factor": 1.0, "pretraining_tp": 2},
        {"layer_types": ["full_attention"]},
    ],
)
def test_what_changes_nothing_is_accepted(harmless: dict[str, Any]) -> None:
    check_numbers(CONFIG | harmless)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("model_type", "gemma3"),
        ("model_type", None),
        ("hidden_act", "gelu"),
        ("architectures", ["LlamaForSequenceClassification"]),
        ("attention_bias", True),
        ("mlp_bias", True),
        ("sliding_window", 4096),
        ("use_sliding_window", True),
        ("architectures", ["MistralForCausalLM"]),
        ("partial_rotary_factor", 0.5),
        ("quantization_config", {"quant_method": "fp8"}),
        ("auto_map", {"AutoModel": "modeling.Own"}),
        ("attention_multiplier", 0.0078),
        ("embedding_multiplier", 12.0),
        ("logits_scaling", 8.0),
        ("final_logit_softcapping", 30.0),
        ("layer_types", ["sliding_attention"]),
        ("layer_types", 7),
    ],
)
def test_what_llama_cpp_would_not_compute_is_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(UnsupportedCheckpointError, match=f"^{key}"):
        check_numbers(CONFIG | {key: value})


def test_scaled_positions_that_cannot_be_carried_are_refused() -> None:
    with pytest.raises(UnsupportedCheckpointError, match="rope_type 'yarn' is not supported"):
        check_numbers(CONFIG | {"rope_parameters": {"rope_type": "yarn", "factor": 4.0}})


def test_window_of_mistral_is_refused() -> None:
    with pytest.raises(UnsupportedCheckpointError, match=r"^sliding_window 4096"):
        check_numbers(CONFIG | {"model_type": "mistral", "sliding_window": 4096})


@pytest.mark.parametrize("kind", ["qwen2", "qwen3"])
def test_window_of_qwen_counts_when_it_is_switched_on(kind: str) -> None:
    window = {"model_type": kind, "sliding_window": 4096, "max_window_layers": 28}
    check_numbers(CONFIG | window | {"use_sliding_window": False})
    with pytest.raises(UnsupportedCheckpointError, match=r"^use_sliding_window True"):
        check_numbers(CONFIG | window | {"use_sliding_window": True})
