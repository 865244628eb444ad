"""llama.cpp computes of a converted checkpoint what transformers' definitions say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_artifacts.gguf import convert as module
from model_artifacts.gguf.convert import ModelInfo, convert
from model_artifacts.gguf.logits import LogitsModel
from tests.support.decoder import (
    LLAMA3_ROPE,
    VOCABULARY,
    log_probabilities,
    log_softmax,
    write_decoder,
)

PLAIN = {"rope_theta": 10_000.0}
TOKENS = [int(t) for t in np.random.default_rng(5).integers(8, VOCABULARY, 100)]


def difference(tmp_path: Path, kind: str, rope: dict[str, Any]) -> float:
    """Mean difference of log-probabilities, llama.cpp's from numpy's."""
    tensors = write_decoder(tmp_path / "model", kind, rope_parameters=rope)
    convert(tmp_path / "model", tmp_path / "model.gguf", ModelInfo("random"))
    with LogitsModel(tmp_path / "model.gguf", window=128) as model:
        found = log_softmax(model.logits(TOKENS).astype(np.float64))
    return float(np.abs(found - log_probabilities(tensors, TOKENS, rope)).mean())


@pytest.mark.parametrize(
    ("kind", "rope"),
    [
        ("llama", PLAIN),
        ("llama", LLAMA3_ROPE),
        ("mistral", PLAIN),
        ("qwen2", PLAIN),
        ("qwen3", PLAIN),
    ],
)
def test_log_probabilities_are_those_of_an_independent_forward_pass(
    tmp_path: Path, kind: str, rope: dict[str, Any]
) -> None:
    assert difference(tmp_path, kind, rope) < 0.02


def test_a_wrong_order_of_rows_would_be_seen(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(module, "as_llama_cpp_rotates", lambda name, stored, config: stored)
    assert difference(tmp_path, "mistral", PLAIN) > 0.5
