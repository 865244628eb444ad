"""Bytes of a token in the KV cache, against published numbers."""

from __future__ import annotations

import pytest

from model_artifacts.inspection.memory import KVCacheShape, latent_shape


def test_the_example_of_the_paged_attention_paper() -> None:
    # OPT-13B: 40 layers, hidden size 5120, FP16: 800 KB a token. https://arxiv.org/abs/2309.06180
    assert KVCacheShape((40,) * 40, 128, 128).bytes_per_token() == 800 * 1024


@pytest.mark.parametrize(
    ("element_bytes", "expected"), [(2, 131_072), (1, 65_536), (34 / 32, 69_632)]
)
def test_smaller_elements_take_less(element_bytes: float, expected: int) -> None:
    assert KVCacheShape((8,) * 32, 128, 128).bytes_per_token(element_bytes) == expected


def test_layers_without_heads_keep_nothing() -> None:
    shape = KVCacheShape((2, 0, 0, 2), 64, 32)
    assert (shape.layers, shape.bytes_per_token()) == (2, 2 * (64 + 32) * 2 * 2)


def test_a_latent_vector_stands_for_all_heads() -> None:
    # DeepSeek-V3: 61 layers of 512 + 64 elements, 70 KB a token. https://arxiv.org/abs/2505.09343
    assert latent_shape(61, 512, 64).bytes_per_token() == 70_272


def test_tokens_add_up() -> None:
    assert KVCacheShape((8,) * 32, 128, 128).bytes_of(1000) == 131_072_000
