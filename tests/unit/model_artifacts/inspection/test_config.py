"""config.json of the architectures there are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model_artifacts.inspection.config import CheckpointConfig, read_config
from model_artifacts.inspection.errors import InspectionError
from tests.support.model_files import LLAMA


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def write(raw: object) -> CheckpointConfig:
        (tmp_path / "config.json").write_text(json.dumps(raw))
        return read_config(tmp_path)

    return write


QWEN3 = {"num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8}
QWEN3 = {**QWEN3, "hidden_size": 1024, "head_dim": 128}
MISTRAL = {"num_hidden_layers": 40, "num_attention_heads": 32, "num_key_value_heads": 8}
MISTRAL = {**MISTRAL, "hidden_size": 5120, "head_dim": 128}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        # What vLLM logged, by token and for all GPUs: Llama 3.1 8B, Qwen3 0.6B, Mistral Small 3.2.
        (LLAMA, 131_072),
        ({"model_type": "qwen3", **QWEN3}, 114_688),
        ({"model_type": "mistral3", "hidden_size": 9, "text_config": MISTRAL}, 163_840),
        # GPT-2: 12 layers, 12 heads of 64.
        ({"model_type": "gpt2", "n_layer": 12, "n_head": 12, "n_embd": 768}, 36_864),
    ],
    ids=["llama", "qwen3", "mistral3", "gpt2"],
)
def test_bytes_of_a_token(read: Any, raw: dict[str, Any], expected: int) -> None:
    assert read(raw).kv_cache.bytes_per_token() == expected


def test_latent_attention_keeps_one_vector_a_layer(read: Any) -> None:
    latent = {"kv_lora_rank": 512, "qk_rope_head_dim": 64, "num_hidden_layers": 61}
    assert read(LLAMA | latent).kv_cache.bytes_per_token() == 70_272


def test_layers_with_a_fixed_state_keep_no_tokens(read: Any) -> None:
    kinds = ["linear_attention", "linear_attention", "linear_attention", "full_attention"] * 8
    shape = read(LLAMA | {"layer_types": kinds}).kv_cache
    assert (shape.layers, shape.bytes_per_token()) == (8, 131_072 // 4)


def test_the_rest_is_taken_as_it_stands(read: Any) -> None:
    config = read(LLAMA)
    assert config.architecture == "LlamaForCausalLM"
    assert (config.context_length, config.vocabulary) == (131_072, 128_256)
    assert (config.quantization, config.quantized_bits, config.custom_code) == (None, None, False)


def test_what_is_not_said_is_not_invented(read: Any) -> None:
    config = read({"model_type": "mamba"})
    assert config.architecture == "mamba"
    assert (config.context_length, config.vocabulary, config.kv_cache) == (None, None, None)


@pytest.mark.parametrize(
    ("quantization", "method", "bits"),
    [
        ({"quant_method": "fp8", "activation_scheme": "dynamic"}, "fp8", None),
        ({"quant_method": "awq", "bits": 4, "group_size": 128}, "awq", 4),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "bitsandbytes", 4),
        ({"quant_method": "mxfp4"}, "mxfp4", 4),
        (
            {
                "quant_method": "compressed-tensors",
                "config_groups": {"group_0": {"weights": {"num_bits": 8}}},
            },
            "compressed-tensors",
            8,
        ),
        (None, None, None),
    ],
)
def test_quantization_is_named(
    read: Any, quantization: object, method: str | None, bits: int | None
) -> None:
    config = read(LLAMA | {"quantization_config": quantization})
    assert (config.quantization, config.quantized_bits) == (method, bits)


def test_code_beside_the_weights_is_reported_and_not_run(read: Any, tmp_path: Path) -> None:
    (tmp_path / "modeling.py").write_text("raise SystemExit")
    assert read(LLAMA | {"auto_map": {"AutoModelForCausalLM": "modeling.Model"}}).custom_code


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_hidden_layers": 10**9}, "num_hidden_layers: got 1000000000; must be 1 to 10000"),
        ({"num_hidden_layers": "32"}, "num_hidden_layers: got '32'; must be 1 to"),
        ({"num_attention_heads": 0}, "num_attention_heads: got 0; must be 1 to"),
        ({"head_dim": 64.0}, "head_dim: got 64.0; must be 1 to"),
        ({"vocab_size": True}, "vocab_size: got True; must be 1 to"),
        ({"layer_types": ["full_attention"]}, "layer_types: got a list of 1; must be a list of 32"),
        ({"layer_types": [["full_attention"]] * 32}, "layer_types: got a list of 32; must be a"),
        ({"text_config": 1}, "text_config: got 1; must be an object"),
        ({"quantization_config": {"bits": 4}}, "quant_method: got None; must be a name"),
        ({"quantization_config": {"quant_method": "awq", "bits": 0}}, "got 0 bits; must be 1 to"),
        ({"architectures": [], "model_type": None}, "got no architectures and no model_type"),
    ],
)
def test_values_of_the_wrong_kind_are_named(
    read: Any, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InspectionError, match=rf"config\.json: .*{message}"):
        read(LLAMA | change)
