"""Headers of safetensors files, as the format has them and as it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.safetensors import BITS, MAX_HEADER_BYTES, read_safetensors
from model_artifacts.inspection.tensors import Tensor
from tests.support.model_files import entry, write_safetensors

GOOD = {"a": entry("F32", [2], 0, 8), "b": entry("BF16", [2, 3], 8, 20)}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def test_what_the_library_writes_is_read(model: Path) -> None:
    arrays = {
        "x": np.ones((3, 4), np.float16),
        "s": np.array(1, np.float32),
        "e": np.ones((0, 5), np.int8),
    }
    save_file(arrays, model, metadata={"format": "pt"})
    header = read_safetensors(model)
    assert header.metadata == {"format": "pt"}
    assert {(t.name, t.dtype, t.shape, t.nbytes) for t in header.tensors} == {
        ("x", "F16", (3, 4), 24),
        ("s", "F32", (), 4),
        ("e", "I8", (0, 5), 0),
    }


def test_tensors_come_in_the_order_of_their_bytes(model: Path) -> None:
    write_safetensors(model, dict(reversed(GOOD.items())), 20)
    assert read_safetensors(model).tensors == (
        Tensor("a", "F32", (2,), 8),
        Tensor("b", "BF16", (2, 3), 12),
    )


def test_spaces_may_fill_the_header_up(model: Path) -> None:
    write_safetensors(model, b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}   ', 1)
    assert len(read_safetensors(model).tensors) == 1


@pytest.mark.parametrize("dtype", sorted(BITS))
def test_every_type_has_its_size(model: Path, dtype: str) -> None:
    write_safetensors(model, {"a": entry(dtype, [8], 0, BITS[dtype])}, BITS[dtype])
    assert read_safetensors(model).tensors[0].nbytes == BITS[dtype]


@pytest.mark.parametrize(
    ("header", "data", "message"),
    [
        ({"a": entry("F32", [2], 0, 8)}, 7, "got bytes 0 to 8; must rise and lie within 7 bytes"),
        ({"a": entry("F32", [2], 0, 8)}, 9, "got 9 bytes of data; must be 8, the end of"),
        (
            {"a": entry("F32", [2], 0, 8), "b": entry("F32", [2], 4, 12)},
            12,
            "tensor 'b': got bytes from 4, inside of 'a'; must begin at 8",
        ),
        (
            {"a": entry("F32", [2], 0, 8), "b": entry("F32", [2], 12, 20)},
            20,
            "tensor 'b': got bytes from 12; must be from 8, with no hole before",
        ),
        ({"a": entry("F32", [2], 0, 4)}, 4, "got 4 bytes for 2 elements of F32; must be 8"),
        ({"a": entry("F32", [2], 8, 0)}, 8, "data_offsets: got 8 to 0; must be two numbers"),
        ({"a": entry("F32", [2], -8, 0)}, 8, "data_offsets: got -8 to 0; must be two numbers"),
        ({"a": entry("F32", [2], 0, 2**64)}, 8, "data_offsets: got 0 to 18446744073709551616"),
        ({"a": entry("F32", [-1], 0, 8)}, 8, "got a dimension of -1; must be 0 to"),
        ({"a": entry("F32", [10**4000] * 2, 0, 8)}, 8, r"got a dimension of 1000+\.\.\.; must"),
        ({"a": entry("F32", [1] * 9, 0, 4)}, 4, "got 9 dimensions; must be at most 8"),
        ({"a": entry("F33", [2], 0, 8)}, 8, "dtype: got 'F33'; must be one of BOOL, U8"),
        ({"a": {"dtype": [], "shape": [2], "data_offsets": [0, 8]}}, 8, "dtype: got a list of 0"),
        ({"a": {"dtype": "F32", "shape": 2, "data_offsets": [0, 8]}}, 8, "shape: got 2; must be"),
        ({"a": {"dtype": "F32", "shape": [2]}}, 8, "data_offsets: got None; must be two numbers"),
        ({"a": {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]}}, 4, "dimension of True"),
        ({"a": "F32"}, 0, "tensor 'a': got 'F32'; must be an object"),
        ({"__metadata__": {"a": 1}}, 0, "__metadata__: got other values; must be text by key"),
        (b"[]", 0, r"header: got b'\[\]'; must begin with '{'"),
        (b'{"a"}', 0, "got no JSON"),
    ],
)
def test_an_inconsistent_header_is_refused_with_its_fault(
    model: Path, header: Any, data: int, message: str
) -> None:
    write_safetensors(model, header, data)
    with pytest.raises(InspectionError, match=message) as refused:
        read_safetensors(model)
    assert str(refused.value).startswith(f"{model}: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "got 0 bytes; must be at least 8"),
        (b"\x02\0\0\0\0\0\0\0{", "got a header of 2 bytes; must be 2 to 1"),
        (b"\xff" * 8 + b"{}", "got a header of 18446744073709551615 bytes; must be 2 to 2"),
        (b"\x80\x02cposix\nsystem", "no safetensors file"),
    ],
)
def test_a_header_cut_short_or_absurdly_long_is_refused(
    model: Path, content: bytes, message: str
) -> None:
    model.write_bytes(content)
    with pytest.raises(InspectionError, match=message):
        read_safetensors(model)


def test_a_header_beyond_the_formats_limit_is_not_read(model: Path) -> None:
    with model.open("wb") as file:
        file.write((MAX_HEADER_BYTES + 1).to_bytes(8, "little"))
        file.truncate(2 * MAX_HEADER_BYTES)  # sparse: takes no space
    with pytest.raises(InspectionError, match="must be 2 to 100000000"):
        read_safetensors(model)


def test_the_weights_are_not_read(model: Path) -> None:
    size = 2**40
    write_safetensors(model, {"a": entry("U8", [size], 0, size)})
    with model.open("ab") as file:
        file.truncate(file.tell() + size)
    assert read_safetensors(model).tensors[0].nbytes == size
