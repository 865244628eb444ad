"""Finding models: by name, in a directory, in a GGUF file, in the hub's cache."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planner.errors import PlanError
from planner.models.sources import find_model
from tests.support.model_files import LLAMA, entry, write_checkpoint
from tests.support.project import PROJECT

CONFIG = LLAMA | {"intermediate_size": 14_336}


def test_bytes_of_a_checkpoint_are_those_of_its_headers(tmp_path: Path) -> None:
    tensors = {
        "model.embed_tokens.weight": entry("BF16", [8, 4], 0, 64),
        "model.layers.0.mlp.experts.0.up_proj.weight": entry("BF16", [4, 4], 64, 96),
        "lm_head.weight": entry("BF16", [8, 4], 96, 160),
    }
    path = write_checkpoint(tmp_path / "model", tensors, 160, intermediate_size=14_336)
    found = find_model(str(path))
    assert (found.weights_bytes, found.expert_bytes, found.embedding_bytes) == (160, 32, 64)
    assert (found.exact, found.format.name, found.source) == (True, "bf16", str(path))


def test_a_gguf_model_brings_its_own_shape() -> None:
    found = find_model(str(PROJECT / "model_artifacts" / "demo"))
    assert (found.format.name, found.exact, found.shape.layers) == ("Q8_0", True, 6)
    assert found.shape.parameters.total == pytest.approx(7_402_368, rel=0.01)


def test_the_hubs_cache_is_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = tmp_path / ".cache/huggingface/hub/models--my--tune/snapshots/abc"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text(json.dumps(CONFIG))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_model("my/tune").shape.layers == 32
    with pytest.raises(PlanError, match="'my/other': its config is not on this machine"):
        find_model("my/other")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("gpt", "models: got 'gpt'; .*; or a directory, a GGUF file or an id such as"),
        ("a b/c", "models: got 'a b/c'"),
        ("../../etc/x/y", "models: got "),
    ],
)
def test_what_is_no_model_is_named(asked: str, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        find_model(asked)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "got no JSON"),
        ("{}", "num_hidden_layers: got none; must be there"),
        (json.dumps(CONFIG | {"vocab_size": -1}), "vocab_size: got -1; must be 1 to"),
        (json.dumps(CONFIG | {"quantization_config": {"quant_method": "x"}}), "got 'x', which is"),
    ],
)
def test_a_config_that_is_wrong_is_named(text: str, message: str, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(text)
    with pytest.raises(PlanError, match=message):
        find_model("my/tune", config=config)


def test_a_directory_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"model: .*config\.json"):
        find_model(str(tmp_path))
