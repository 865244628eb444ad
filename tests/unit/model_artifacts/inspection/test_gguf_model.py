"""Shape and quantization of a GGUF model, in one file or several."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.gguf_model import GgufModel, read_gguf_model
from tests.support.model_files import (
    F32,
    SMALL_GGUF,
    STRING,
    UINT32,
    array,
    gguf_bytes,
    string,
    tensor,
    uint32,
)

LLAMA = [
    string("general.architecture", "llama"),
    uint32("llama.block_count", 2),
    uint32("llama.embedding_length", 64),
    uint32("llama.attention.head_count", 4),
]


def read(folder: Path, *fields: bytes) -> GgufModel:
    path = folder / "model.gguf"
    path.write_bytes(gguf_bytes(list(fields), []))
    return read_gguf_model(path)


def test_a_small_model(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(SMALL_GGUF)
    model = read_gguf_model(tmp_path / "model.gguf")
    assert (model.architecture, model.quantization) == ("llama", "Q8_0")
    assert (model.context_length, model.vocabulary) == (512, 3)
    assert model.kv_cache is not None
    assert model.kv_cache.bytes_per_token() == 2 * 2 * 2 * 16 * 2
    assert sum(t.nbytes for t in model.tensors) == 68 + 16


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (string("general.type", "adapter"), "got 'adapter'; must be model: a base"),
        (string("general.type", "mmproj"), "got 'mmproj'; must be model: a base"),
        (string("general.architecture", "clip"), "general.architecture': got 'clip'"),
    ],
)
def test_what_goes_with_a_model_is_none(tmp_path: Path, field: bytes, expected: str) -> None:
    fields = [field] if b"clip" in field else [*LLAMA, field]
    with pytest.raises(InspectionError, match=expected):
        read(tmp_path, *fields)


def test_without_kv_heads_every_head_has_its_own(tmp_path: Path) -> None:
    shape = read(tmp_path, *LLAMA).kv_cache
    assert shape is not None
    assert (shape.kv_heads, shape.key_length, shape.value_length) == ((4, 4), 16, 16)


def test_heads_may_differ_from_layer_to_layer(tmp_path: Path) -> None:
    heads = array("llama.attention.head_count_kv", UINT32, 2, struct.pack("<II", 0, 2))
    shape = read(tmp_path, *LLAMA, heads).kv_cache
    assert shape is not None
    assert (shape.kv_heads, shape.layers) == ((0, 2), 1)


def test_keys_and_values_may_differ_in_length(tmp_path: Path) -> None:
    lengths = [
        uint32("llama.attention.key_length", 192),
        uint32("llama.attention.value_length", 128),
    ]
    shape = read(tmp_path, *LLAMA, *lengths).kv_cache
    assert shape is not None
    assert shape.bytes_per_token() == 2 * 4 * (192 + 128) * 2


def test_latent_attention_keeps_one_vector_a_layer(tmp_path: Path) -> None:
    latent = [uint32("llama.attention.kv_lora_rank", 512), uint32("llama.rope.dimension_count", 64)]
    shape = read(tmp_path, *LLAMA, *latent).kv_cache
    assert shape is not None
    assert shape.bytes_per_token() == 2 * (512 + 64) * 2


def test_what_is_not_said_is_not_invented(tmp_path: Path) -> None:
    model = read(tmp_path, string("general.architecture", "mamba"))
    assert (model.kv_cache, model.context_length, model.vocabulary) == (None, None, None)
    assert model.quantization is None


def test_the_files_of_a_split_model_are_read_as_one(tmp_path: Path) -> None:
    first, second = (tmp_path / f"m-0000{n}-of-00002.gguf" for n in (1, 2))
    tensors = [tensor("a", [4], F32, 0)], [tensor("b", [2], F32, 0)]
    first.write_bytes(gguf_bytes([*LLAMA, uint32("split.count", 2)], tensors[0], 16))
    with pytest.raises(InspectionError, match=r"m-00002-of-00002\.gguf: No such file"):
        read_gguf_model(first)
    second.write_bytes(gguf_bytes([uint32("split.count", 2)], tensors[1], 8))
    assert [t.name for t in read_gguf_model(first).tensors] == ["a", "b"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ([], "general.architecture': got None; must be a name"),
        ([uint32("general.architecture", 1)], "general.architecture': got 1; must be a name"),
        ([LLAMA[0], uint32("llama.block_count", 10**6)], "block_count': got 1000000; must be 1 to"),
        ([LLAMA[0], string("llama.block_count", "2")], "llama.block_count': got '2'; must be 1"),
        (
            [*LLAMA, uint32("split.count", 3)],
            "not the first of 3 files; must end in -00001-of-00003",
        ),
        (
            [*LLAMA, array("llama.attention.head_count_kv", UINT32, 1, bytes(4))],
            "head_count_kv': got an array of 1; must be 2 numbers",
        ),
        (
            [*LLAMA, array("llama.attention.head_count_kv", STRING, 2, bytes(16))],
            "head_count_kv': got an array of 2; must be 2 numbers",
        ),
    ],
)
def test_metadata_of_the_wrong_kind_is_named(
    tmp_path: Path, fields: list[bytes], message: str
) -> None:
    with pytest.raises(InspectionError, match=message):
        read(tmp_path, *fields)
