"""Attention of layers, by the keys of each architecture."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from model_artifacts.inspection.attention import Attention, attention_layers
from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.files import Fields
from tests.support.model_files import LLAMA


def layers(**changes: Any) -> tuple[tuple[Attention, ...], list[str]]:
    return attention_layers(Fields("config.json", LLAMA | changes))


def kinds(found: tuple[Attention, ...]) -> dict[str, int]:
    return dict(Counter("state" if a.state else "window" if a.window else "full" for a in found))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"full": 32}),
        ({"model_type": "qwen2", "sliding_window": 9, "use_sliding_window": False}, {"full": 32}),
        ({"model_type": "mistral", "sliding_window": 4096}, {"window": 32}),
        ({"model_type": "gemma2", "sliding_window": 4096}, {"window": 16, "full": 16}),
        ({"model_type": "gemma3_text", "sliding_window": 512}, {"window": 27, "full": 5}),
        ({"sliding_window": 512, "sliding_window_pattern": 4}, {"window": 24, "full": 8}),
        ({"model_type": "llama4_text", "attention_chunk_size": 8192}, {"window": 24, "full": 8}),
        (
            {"sliding_window": 128, "layer_types": ["sliding_attention", "full_attention"] * 16},
            {"window": 16, "full": 16},
        ),
    ],
)
def test_windows_are_where_the_architecture_has_them(
    changes: dict[str, Any], expected: dict[str, int]
) -> None:
    found, unknown = layers(**changes)
    assert kinds(found) == expected
    assert unknown == []


def test_a_delta_rules_state_is_of_fixed_size() -> None:
    linear = {
        "layer_types": [
            "linear_attention",
            "linear_attention",
            "linear_attention",
            "full_attention",
        ]
        * 8,
        "linear_num_key_heads": 16,
        "linear_key_head_dim": 128,
        "linear_num_value_heads": 32,
        "linear_value_head_dim": 128,
        "linear_conv_kernel_dim": 4,
    }
    found, _ = layers(**linear)
    assert kinds(found) == {"state": 24, "full": 8}
    assert found[0].state == 32 * 128 * 128 + 3 * (2 * 16 * 128 + 32 * 128)


def test_a_mamba_layers_state_is_of_fixed_size() -> None:
    mamba = {
        "layer_types": ["mamba"] * 31 + ["attention"],
        "mamba_n_heads": 48,
        "mamba_d_head": 64,
        "mamba_d_state": 128,
        "mamba_d_conv": 4,
    }
    found, _ = layers(**mamba)
    assert kinds(found) == {"state": 31, "full": 1}
    assert found[0].state == 48 * 64 * 128 + 3 * (48 * 64 + 2 * 128)


def test_a_latent_vector_stands_for_all_heads() -> None:
    found, _ = layers(kv_lora_rank=512, qk_rope_head_dim=64, qk_nope_head_dim=128, v_head_dim=128)
    assert (found[0].latent, found[0].kv_heads, found[0].elements) == (True, 1, 576)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layer_types": ["rwkv"] * 32}, "layer_types: 'rwkv' is not known here"),
        ({"hybrid_override_pattern": "M-M*"}, "hybrid_override_pattern: kinds of layers are not"),
        ({"full_attention_interval": 4}, "full_attention_interval: kinds of layers are not"),
        ({"sliding_window": 512}, "sliding_window: which layers have it is not said"),
        ({"num_kv_shared_layers": 20}, "layers that share a cache are counted each"),
    ],
)
def test_what_is_not_understood_is_named(changes: dict[str, Any], message: str) -> None:
    found, unknown = layers(**changes)
    assert kinds(found) == {"full": 32}
    assert [text for text in unknown if message in text]


def test_an_interval_says_which_layers_keep_all_tokens() -> None:
    heads = {"linear_num_key_heads": 16, "linear_num_value_heads": 32}
    lengths = {"linear_key_head_dim": 128, "linear_value_head_dim": 128}
    found, unknown = layers(full_attention_interval=4, **heads, **lengths)
    assert unknown == []
    assert [i for i, layer in enumerate(found) if not layer.state] == [*range(3, 32, 4)]


def test_a_state_whose_size_is_not_said_is_refused() -> None:
    with pytest.raises(InspectionError, match="linear_num_key_heads: got none; must be there"):
        layers(layer_types=["linear_attention"] * 32)
