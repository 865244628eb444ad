"""llama.cpp with a converted adapter computes what the model with merged weights does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from model_artifacts.adapters import convert as module
from model_artifacts.adapters.convert import convert_adapter
from model_artifacts.gguf.convert import ModelInfo, convert
from model_artifacts.gguf.errors import UnsupportedCheckpointError
from model_artifacts.gguf.target import UnwritableTargetError
from tests.support.decoder import VOCABULARY, log_probabilities, random_tensors, write_decoder
from tests.support.lora import llama_cpp, next_tokens, write_adapter

PLAIN = {"rope_theta": 10_000.0}
TOKENS = [int(t) for t in np.random.default_rng(5).integers(8, VOCABULARY, 60)]
APPLIED = [{"id": 0, "scale": 1}]


def served(tmp_path: Path, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write a model and an adapter of it in both layouts; return its tensors, and them merged."""
    tensors = write_decoder(tmp_path / "base", kind, rope_parameters=PLAIN)
    merged = write_adapter(tmp_path / "peft", tensors, spread=0.2)
    (tmp_path / "gguf").mkdir()
    convert(tmp_path / "base", tmp_path / "gguf" / "model.gguf", ModelInfo("random"))
    convert_adapter(tmp_path / "peft", tmp_path / "adapter.gguf", tmp_path / "base")
    return tensors, merged


def differences(
    tmp_path: Path, tensors: dict[str, Any], merged: dict[str, Any]
) -> tuple[float, float]:
    """Largest differences of log-probabilities from numpy's: without the adapter, and with it."""
    flag = f"{tmp_path / 'adapter.gguf'}:0"
    with llama_cpp(tmp_path / "gguf", "--lora-scaled", flag) as client:
        found = next_tokens(client, TOKENS), next_tokens(client, TOKENS, lora=APPLIED)
    wanted = [log_probabilities(weights, TOKENS, PLAIN)[-1] for weights in (tensors, merged)]
    base, adapted = (
        max(abs(theirs[token] - told) for token, told in ours.items())
        for ours, theirs in zip(found, wanted, strict=True)
    )
    return base, adapted


@pytest.mark.parametrize("kind", ["llama", "mistral", "qwen2", "qwen3"])
def test_log_probabilities_are_those_of_merged_weights(tmp_path: Path, kind: str) -> None:
    tensors, merged = served(tmp_path, kind)
    base, adapted = differences(tmp_path, tensors, merged)
    assert base < 0.1
    assert adapted < 0.1
    unlike, same = (log_probabilities(weights, TOKENS, PLAIN)[-1] for weights in (tensors, merged))
    assert abs(unlike - same).max() > 0.5


def test_a_wrong_order_of_rows_would_be_seen(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(module, "as_llama_cpp_rotates", lambda name, stored, config: stored)
    _, adapted = differences(tmp_path, *served(tmp_path, "mistral"))
    assert adapted > 0.5


def test_rank_stabilized_adapters_are_scaled_by_the_root_of_the_rank(tmp_path: Path) -> None:
    tensors = write_decoder(tmp_path / "base", "llama")
    write_adapter(tmp_path / "peft", tensors, use_rslora=True)
    convert_adapter(tmp_path / "peft", tmp_path / "adapter.gguf", tmp_path / "base")
    field = gguf.GGUFReader(tmp_path / "adapter.gguf").get_field("adapter.lora.alpha")
    assert field is not None
    assert field.contents() == 8 / 4**0.5 * 4


def test_base_is_the_one_that_the_adapter_names(tmp_path: Path) -> None:
    tensors = write_decoder(tmp_path / "base", "llama")
    write_adapter(tmp_path / "peft", tensors, base_model_name_or_path=str(tmp_path / "base"))
    convert_adapter(tmp_path / "peft", tmp_path / "adapter.gguf")
    write_adapter(tmp_path / "peft", tensors, base_model_name_or_path="hub/model")
    with pytest.raises(UnsupportedCheckpointError, match=r"'hub/model', which is no.* --base must"):
        convert_adapter(tmp_path / "peft", tmp_path / "other.gguf")
    assert not (tmp_path / "other.gguf").exists()


@pytest.mark.parametrize(
    ("kind", "layers", "message"),
    [
        (
            "qwen2",
            2,
            r"down_proj.weight is \(64, 128\); by the base's config.json it must be \(128, 128\)",
        ),
        ("llama", 3, r"layers\.2\..* is not part of the base model, a llama of 2 layers"),
    ],
)
def test_an_adapter_for_another_model_is_refused(
    tmp_path: Path, kind: str, layers: int, message: str
) -> None:
    write_decoder(tmp_path / "base", kind)
    write_adapter(tmp_path / "peft", random_tensors("llama", layers))
    with pytest.raises(UnsupportedCheckpointError, match=message):
        convert_adapter(tmp_path / "peft", tmp_path / "adapter.gguf", tmp_path / "base")
    assert not (tmp_path / "adapter.gguf").exists()


def test_target_without_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnwritableTargetError):
        convert_adapter(tmp_path, tmp_path / "missing" / "adapter.gguf", tmp_path)
