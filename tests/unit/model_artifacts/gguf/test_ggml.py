"""ggml's quantizer inside the xllamacpp wheel."""

from __future__ import annotations

import ctypes

import gguf
import numpy as np
import pytest

from model_artifacts.gguf.ggml import quantize_with_ggml
from model_artifacts.gguf.wheel import WheelError

Q4_K = gguf.GGMLQuantizationType.Q4_K
WEIGHTS = np.random.default_rng(0).normal(size=(3, 512)).astype(np.float32)


def test_rows_become_whole_blocks():
    quantized = quantize_with_ggml(WEIGHTS, Q4_K)
    assert quantized.shape == (3, 2 * 144)  # blocks of 256 weights take 144 bytes
    restored = gguf.quants.dequantize(quantized, Q4_K)
    assert np.sqrt(np.mean((restored - WEIGHTS) ** 2)) < 0.1


def test_a_transposed_matrix_is_quantized_as_it_reads():
    straight = quantize_with_ggml(WEIGHTS, Q4_K)
    twisted = quantize_with_ggml(np.asfortranarray(WEIGHTS), Q4_K)
    np.testing.assert_array_equal(straight, twisted)


def test_wheel_without_the_quantizer_is_named(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda path: object())
    with pytest.raises(WheelError, match="ggml_quantize_chunk of the xllamacpp wheel"):
        quantize_with_ggml(WEIGHTS, Q4_K)
