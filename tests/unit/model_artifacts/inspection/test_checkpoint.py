"""Weights of a checkpoint: one file, shards with an index, shards without."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_artifacts.inspection.checkpoint import INDEX, read_checkpoint, weight_files
from model_artifacts.inspection.errors import InspectionError
from tests.support.model_files import entry, write_safetensors

NESTED: list[object] = []
for _ in range(900):
    NESTED = [NESTED]
FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"


@pytest.fixture
def sharded(tmp_path: Path) -> Path:
    write_safetensors(tmp_path / FIRST, {"a": entry("F32", [2], 0, 8)}, 8)
    write_safetensors(tmp_path / SECOND, {"b": entry("F32", [1], 0, 4)}, 4)
    return indexed(tmp_path, {"a": FIRST, "b": SECOND})


def indexed(directory: Path, weight_map: object) -> Path:
    (directory / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    return directory


def names(directory: Path) -> list[str]:
    return [tensor.name for tensor in read_checkpoint(directory)]


def test_the_shards_of_an_index_are_read_as_one(sharded: Path) -> None:
    write_safetensors(sharded / "consolidated.safetensors", {"c": entry("U8", [1], 0, 1)}, 1)
    assert names(sharded) == ["a", "b"]


def test_one_file_is_enough(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "model.safetensors", {"a": entry("U8", [1], 0, 1)}, 1)
    write_safetensors(tmp_path / "consolidated.safetensors", {"a": entry("U8", [1], 0, 1)}, 1)
    assert names(tmp_path) == ["a"]


def test_shards_without_an_index_must_be_complete(sharded: Path) -> None:
    (sharded / INDEX).unlink()
    assert names(sharded) == ["a", "b"]
    (sharded / SECOND).unlink()
    with pytest.raises(InspectionError, match="got 1 shards; must be 2"):
        read_checkpoint(sharded)


def test_files_are_those_that_engines_read(sharded: Path) -> None:
    write_safetensors(sharded / "consolidated.safetensors", {"c": entry("U8", [1], 0, 1)}, 1)
    assert weight_files(sharded) == [sharded / FIRST, sharded / SECOND]


@pytest.mark.parametrize("weights", ["adapter_model.safetensors", "model.safetensors"])
def test_adapter_is_no_checkpoint(tmp_path: Path, weights: str) -> None:
    write_safetensors(tmp_path / weights, {"a": entry("U8", [1], 0, 1)}, 1)
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(InspectionError, match=r"adapter_config\.json: got an adapter"):
        read_checkpoint(tmp_path)


def test_an_absent_shard_is_named(sharded: Path) -> None:
    (sharded / SECOND).unlink()
    with pytest.raises(InspectionError, match=f"{SECOND}: No such file"):
        read_checkpoint(sharded)


def test_a_shard_that_is_still_a_pointer_is_named(sharded: Path) -> None:
    (sharded / SECOND).write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(InspectionError, match=f"{SECOND}: got a git-lfs pointer"):
        read_checkpoint(sharded)


@pytest.mark.parametrize(
    "name", ["../model.safetensors", "/etc/passwd", "..", "", "a\\b", "a\0", "\ud800", "9" * 201]
)
def test_an_index_does_not_lead_out_of_its_directory(sharded: Path, name: str) -> None:
    with pytest.raises(InspectionError, match="must be the name of a file beside the index"):
        read_checkpoint(indexed(sharded, {"a": name}))


@pytest.mark.parametrize(
    ("weight_map", "message"),
    [
        (None, "weight_map: got None; must name tensors"),
        ({}, "weight_map: got an object; must name tensors"),
        ({"a": FIRST, "z": SECOND}, "weight_map: got 'z', which no shard holds"),
        ({"a": 3}, "weight_map: got 3; must be the name of a file"),
        ({"a": NESTED}, "weight_map: got a list of 1; must be the name of a file"),
    ],
)
def test_an_index_that_does_not_match_is_refused(
    sharded: Path, weight_map: object, message: str
) -> None:
    with pytest.raises(InspectionError, match=message):
        read_checkpoint(indexed(sharded, weight_map))


def test_a_tensor_in_two_shards_is_refused(sharded: Path) -> None:
    write_safetensors(sharded / SECOND, {"a": entry("F32", [1], 0, 4)}, 4)
    with pytest.raises(InspectionError, match="tensor 'a': got a name that another file has"):
        read_checkpoint(sharded)


def test_weights_that_could_run_code_are_no_weights(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x02")
    with pytest.raises(InspectionError, match=r"got no \*\.safetensors; .* can run code"):
        read_checkpoint(tmp_path)


def test_a_tensor_that_the_index_does_not_name_is_refused(sharded: Path) -> None:
    write_safetensors(
        sharded / SECOND, {"b": entry("F32", [1], 0, 4), "c": entry("F32", [1], 4, 8)}, 8
    )
    with pytest.raises(InspectionError, match="weight_map: got no 'c', which a shard holds"):
        read_checkpoint(sharded)
