"""Keys of config.json that change the numbers: each is carried over or refused by its name."""

from __future__ import annotations

from typing import Any

import pytest

from model_artifacts.gguf.numerics import (
    UnsupportedCheckpointError,
    check_numbers,
    rope_scaling_factor,
)
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
        ("model_type", "mistral"),
        ("model_type", None),
        ("hidden_act", "gelu"),
        ("architectures", ["LlamaForSequenceClassification"]),
        ("attention_bias", True),
        ("mlp_bias", True),
        ("sliding_window", 4096),
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


@pytest.mark.parametrize("key", ["rope_scaling", "rope_parameters"])
@pytest.mark.parametrize(
    ("rope", "message"),
    [
        ({"type": "llama3", "factor": 8.0}, "rope_type 'llama3' is not supported"),
        ({"rope_type": "yarn", "factor": 4.0}, "rope_type 'yarn' is not supported"),
        ({"type": "dynamic", "factor": 2.0}, "rope_type 'dynamic' is not supported"),
        ({"rope_type": "longrope"}, "rope_type 'longrope' is not supported"),
        ({"rope_type": "default", "type": "linear"}, r"rope_type \['default', 'linear'\]"),
        ({"factor": 2.0}, "factor is not supported for rope_type 'default'"),
        ({"type": "linear", "factor": 2.0, "beta_fast": 32}, "beta_fast is not supported"),
        ({"type": "linear"}, "factor None is not supported"),
        ({"type": "linear", "factor": 0.5}, "factor 0.5 is not supported"),
        ({"type": "linear", "factor": "2"}, "factor '2' is not supported"),
        ({"type": "linear", "factor": True}, "factor True is not supported"),
        ({"type": "linear", "factor": float("nan")}, "factor nan is not supported"),
        ({"type": "linear", "factor": float("inf")}, "factor inf is not supported"),
        ({"partial_rotary_factor": 0.25}, "partial_rotary_factor 0.25 is not supported"),
        ({"full_attention": {"rope_theta": 1e6}}, "full_attention is not supported"),
        ([2.0], "supported: an object"),
        ("linear", "supported: an object"),
    ],
)
def test_other_scaling_of_positions_is_refused_by_name(
    key: str, rope: object, message: str
) -> None:
    plain = {name: value for name, value in CONFIG.items() if name != "rope_parameters"}
    with pytest.raises(UnsupportedCheckpointError, match=f"^{key}.*{message}|^{message}"):
        check_numbers(plain | {key: rope})


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ({}, 1.0),
        ({"rope_scaling": None}, 1.0),
        ({"rope_parameters": {"type": "linear", "factor": 4}}, 4.0),
        ({"rope_parameters": None, "rope_scaling": {"type": "linear", "factor": 2.5}}, 2.5),
    ],
)
def test_linear_factor_is_read_wherever_it_stands(changes: dict[str, Any], factor: float) -> None:
    assert rope_scaling_factor(CONFIG | changes) == factor


def test_two_scalings_that_differ_are_refused() -> None:
    with pytest.raises(UnsupportedCheckpointError, match="differ"):
        rope_scaling_factor(CONFIG | {"rope_scaling": {"type": "linear", "factor": 2.0}})
