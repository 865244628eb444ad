"""Shapes of models, against parameters that their authors publish."""

from __future__ import annotations

from typing import Any

import pytest

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.shape import ModelShape, model_shape
from tests.support.model_files import LLAMA


def shape(**changes: Any) -> ModelShape:
    return model_shape(LLAMA | {"intermediate_size": 14_336} | changes, "config.json")


def test_parameters_of_a_dense_model() -> None:
    assert shape().parameters.total == 8_030_261_248  # the safetensors index of Llama 3.1 8B


def test_tied_embeddings_are_counted_once() -> None:
    tied, free = shape(tie_word_embeddings=True).parameters, shape().parameters
    assert free.total - tied.total == 128_256 * 4096 == free.embedding
    assert tied.embedding == 0


def test_experts_take_the_place_of_dense_layers_where_the_config_says_so() -> None:
    found = shape(
        n_routed_experts=8,
        num_experts_per_tok=2,
        moe_intermediate_size=1024,
        n_shared_experts=1,
        first_k_dense_replace=2,
    )
    expert = 3 * 4096 * 1024
    assert found.parameters.experts == 30 * 8 * expert
    dense, beside = 2 * 3 * 4096 * 14_336, 30 * (expert + 4096 * 8)
    without = shape().parameters.total - 32 * 3 * 4096 * 14_336
    assert found.parameters.total == without + dense + beside + found.parameters.experts
    assert (found.experts, found.experts_per_token, found.intermediate) == (8, 2, 1024)


def test_of_a_multimodal_model_the_text_model_counts_and_the_tower_about() -> None:
    text = LLAMA | {"intermediate_size": 14_336}
    vision = {"hidden_size": 1024, "num_hidden_layers": 24, "intermediate_size": 4096}
    raw = {"model_type": "llava", "text_config": text, "vision_config": vision}
    found = model_shape(raw, "config.json")
    assert found.parameters.total - shape().parameters.total == 24 * (4 * 1024**2 + 3 * 1024 * 4096)


def test_what_is_not_counted_is_named() -> None:
    assert "audio_config" in shape(audio_config={}).unknown[0]
    assert "experts per token" in shape(num_experts=8).unknown[0]
    assert shape(model_type="bert").unknown == ("bert: is no decoder: counted as if it were one",)
    assert "no decoder" in shape(is_encoder_decoder=True).unknown[0]


def test_gemmas_share_their_table_where_nothing_is_said() -> None:
    apart = shape(model_type="gemma3", tie_word_embeddings=False).parameters
    shared = shape(model_type="gemma3").parameters
    assert apart.total - shared.total == apart.embedding == 128_256 * 4096
    assert shared.embedding == 0


@pytest.mark.parametrize("key", ["hidden_size", "vocab_size", "num_attention_heads"])
def test_what_every_transformer_has_must_be_there(key: str) -> None:
    with pytest.raises(InspectionError, match=f"{key}: got none; must be there, from 1"):
        shape(**{key: None})
