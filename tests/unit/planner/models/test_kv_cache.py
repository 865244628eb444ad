"""Bytes of the KV cache by kind of layer, against arithmetic."""

from __future__ import annotations

import pytest

from planner.models.known import known_model
from planner.models.kv_cache import read_bytes, sequence_bytes, token_bytes


@pytest.mark.parametrize(
    ("name", "expected"),
    [("llama-3.1-8b", 131_072), ("qwen3-0.6b", 114_688), ("mistral-small-3.2-24b", 163_840)],
)
def test_tokens_take_what_vllm_logged(name: str, expected: int) -> None:
    assert token_bytes(known_model(name)) == expected


def test_heads_are_shared_out_until_each_gpu_has_one() -> None:
    model = known_model("qwen3-235b-a22b")  # four KV heads
    assert token_bytes(model, 4) == token_bytes(model) / 4 == token_bytes(model, 8)


def test_a_latent_vector_is_kept_whole_by_every_gpu() -> None:
    model = known_model("deepseek-r1")
    assert token_bytes(model) == token_bytes(model, 8) == 61 * 576 * 2


def test_eight_bits_take_half() -> None:
    model = known_model("llama-3.1-8b")
    assert sequence_bytes(model, 100, element_bytes=1.0) == 100 * 131_072 / 2


def test_layers_with_a_window_keep_no_more_than_window_and_step() -> None:
    model = known_model("gpt-oss-20b")  # 12 layers of all, 12 of the last 128
    layer = 8 * 2 * 64 * 2
    assert sequence_bytes(model, 100) == 24 * 100 * layer
    found = sequence_bytes(model, 10_000, step_tokens=2048)
    assert found == 12 * 10_000 * layer + 12 * (128 - 1 + 2048) * layer
    assert read_bytes(model, 10_000) == 12 * 10_000 * layer + 12 * 128 * layer
