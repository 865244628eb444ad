"""Headers of GGUF files, as the format has them and as it does not."""

from __future__ import annotations

import struct
from pathlib import Path

import gguf
import numpy as np
import pytest

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.gguf import MOST_KEPT, Array, read_gguf
from model_artifacts.inspection.header_reader import MAX_HEADER_BYTES
from tests.support.model_files import (
    ARRAY,
    BOOL,
    F32,
    FLOAT32,
    INT32,
    Q8_0,
    SMALL_GGUF,
    STRING,
    UINT8,
    array,
    gguf_bytes,
    string,
    tensor,
    text,
    uint32,
)
from tests.support.project import PROJECT


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tmp_path / "model.gguf"


def test_every_value_type_that_the_library_writes_is_read(model: Path) -> None:
    writer = gguf.GGUFWriter(model, "llama")
    values = {
        "uint8": 200, "int8": -100, "uint16": 60_000, "int16": -30_000, "uint32": 4_000_000_000,
        "int32": -2_000_000_000, "uint64": 2**63, "int64": -(2**62), "float32": 0.5,
        "float64": 0.1, "bool": True, "string": "é", "array": [1, 2, 3],
    }  # fmt: skip
    for kind, value in values.items():
        getattr(writer, f"add_{kind}")(f"x.{kind}", value)
    writer.add_array("x.words", ["a", "b"])
    writer.add_tensor("matrix", np.zeros((2, 64), np.float16))
    for write in ("write_header_to_file", "write_kv_data_to_file", "write_tensors_to_file"):
        getattr(writer, write)()
    writer.close()
    header = read_gguf(model)
    assert header.version == 3
    assert {key: header.metadata[f"x.{key}"] for key in values if key != "array"} == {
        key: value for key, value in values.items() if key != "array"
    }
    assert header.metadata["x.array"] == Array(3, (1, 2, 3))
    assert header.metadata["x.words"] == Array(2, ("a", "b"))
    assert [(t.name, t.dtype, t.shape, t.nbytes) for t in header.tensors] == [
        ("matrix", "F16", (64, 2), 256)
    ]


def test_the_demo_model_is_read_as_the_library_reads_it() -> None:
    (path,) = (PROJECT / "model_artifacts" / "demo").glob("*.gguf")
    ours, theirs = read_gguf(path), gguf.GGUFReader(path)
    assert [(t.name, t.dtype, t.shape, t.nbytes) for t in ours.tensors] == [
        (t.name, t.tensor_type.name, tuple(t.shape.tolist()), t.n_bytes) for t in theirs.tensors
    ]
    for key, value in ours.metadata.items():
        expected = theirs.get_field(key).contents()
        if isinstance(value, Array):
            assert value.length == len(expected)
            assert list(value.values) == (expected if len(expected) <= MOST_KEPT else [])
        else:
            assert value == expected


@pytest.mark.parametrize("version", [2, 3])
def test_both_versions_are_read(model: Path, version: int) -> None:
    fields = [string("general.architecture", "llama")]
    model.write_bytes(gguf_bytes(fields, [tensor("a", [4], F32, 0)], 16, version=version))
    assert read_gguf(model).version == version


def test_long_arrays_are_counted_and_not_kept(model: Path) -> None:
    count = MOST_KEPT + 1
    fields = [
        array("words", STRING, count, text("abc") * count),
        array("numbers", INT32, count, bytes(4 * count)),
        uint32("after", 7),
    ]
    model.write_bytes(gguf_bytes(fields, []))
    assert read_gguf(model).metadata == {
        "words": Array(count, ()),
        "numbers": Array(count, ()),
        "after": 7,
    }


def test_an_alignment_of_its_own_moves_the_data(model: Path) -> None:
    fields = [uint32("general.alignment", 64)]
    tensors = [tensor("a", [4], F32, 0), tensor("b", [4], F32, 64)]
    model.write_bytes(gguf_bytes(fields, tensors, 80, alignment=64))
    assert [t.name for t in read_gguf(model).tensors] == ["a", "b"]
    model.write_bytes(gguf_bytes(fields, tensors, 79, alignment=64))
    with pytest.raises(InspectionError, match="lie within 79 bytes"):
        read_gguf(model)


def test_a_file_cut_short_anywhere_is_refused(model: Path) -> None:
    for length in range(len(SMALL_GGUF)):
        model.write_bytes(SMALL_GGUF[:length])
        with pytest.raises(InspectionError, match="truncated"):
            read_gguf(model)


def start(tensors: int, fields: int, version: int = 3) -> bytes:
    return struct.pack("<4sIQQ", b"GGUF", version, tensors, fields)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"GGML" + bytes(20), "got b'GGML'; must begin with b'GGUF'"),
        (start(0, 0, version=1), "version: got 1; must be 2 or 3"),
        (start(0, 0, version=3 << 24), r"version: got 50331648 \(a big-endian file\); must be 2"),
        (start(2**64 - 1, 0), "got 18446744073709551615 tensors and 0 fields of .* must be at"),
        (start(0, 2**40) + bytes(99), "got 0 tensors and 1099511627776 fields of"),
    ],
)
def test_a_start_that_cannot_be_is_refused(model: Path, content: bytes, message: str) -> None:
    model.write_bytes(content)
    with pytest.raises(InspectionError, match=message) as refused:
        read_gguf(model)
    assert str(refused.value).startswith(f"{model}: ")


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (text("k") + struct.pack("<IQ", STRING, 2**63), "a string of 9223372036854775808 bytes"),
        (struct.pack("<Q", 2**40) + bytes(20), "a name of 1099511627776 bytes; must be at most"),
        (string("k", b"\xff"), r"got b'\\xff'; must be UTF-8"),
        (text("k") + struct.pack("<IB", 13, 0), "'k': got values of type 13; must be numbers"),
        (text("k") + struct.pack("<IB", BOOL, 2), "'k': got 2; must be 0 or 1"),
        (array("k", FLOAT32, 2**62, b""), r"got values? of \d+ bytes|an array of \d+ bytes"),
        (array("k", UINT8, MOST_KEPT, b""), "got values of 1024 bytes"),
        (array("k", STRING, 2**62, bytes(16)), "is the file truncated"),
        (array("k", ARRAY, 1, bytes(12)), "'k': got values of type 9; must be numbers"),
        (array("k", ARRAY, 2**40, bytes(12)), "'k': got values of type 9; must be numbers"),
        (uint32("general.alignment", 0), "general.alignment: got 0; must be a power of two"),
        (uint32("general.alignment", 48), "general.alignment: got 48; must be a power of two"),
        (string("general.alignment", "32"), "general.alignment: got '32'; must be a power"),
    ],
)
def test_metadata_that_cannot_be_is_refused(model: Path, field: bytes, message: str) -> None:
    model.write_bytes(gguf_bytes([field], []))
    with pytest.raises(InspectionError, match=message):
        read_gguf(model)


def test_a_key_that_stands_twice_is_refused(model: Path) -> None:
    model.write_bytes(gguf_bytes([uint32("k", 1), uint32("k", 2)], []))
    with pytest.raises(InspectionError, match="metadata: got a key twice; must be unique"):
        read_gguf(model)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ([tensor("a", [33], Q8_0, 0)], "'a': got rows of 33 elements; must be a multiple of 32"),
        ([tensor("a", [4], 4, 0)], r"'a': got type 4; must be one of \[0, 1, 2, 3, 6,"),
        ([tensor("a", [4], F32, 8)], "'a': got offset 8; must be a multiple of 32"),
        ([tensor("a", [4], F32, 64)], "'a': got bytes 64 to 80; must rise and lie within 64"),
        ([tensor("a", [2**48] * 4, F32, 0)], "'a': got bytes 0 to 2.*; must rise and lie within"),
        ([tensor("a", [2**63], F32, 0)], "'a': got a dimension of 9223372036854775808; must be"),
        ([tensor("a", [1] * 5, F32, 0)], "'a': got 5 dimensions; must be at most 4"),
        (
            [tensor("a", [16], F32, 0), tensor("b", [4], F32, 32)],
            "'b': got bytes from 32, inside of 'a'; must begin at 64 or later",
        ),
        ([tensor("a", [4], F32, 0), tensor("a", [4], F32, 32)], "tensors: got a name twice"),
    ],
)
def test_tensors_that_cannot_be_are_refused(
    model: Path, tensors: list[bytes], message: str
) -> None:
    model.write_bytes(gguf_bytes([], tensors, 64))
    with pytest.raises(InspectionError, match=message):
        read_gguf(model)


def test_a_header_is_not_read_beyond_its_limit(model: Path) -> None:
    longer = 2 * MAX_HEADER_BYTES
    with model.open("wb") as file:
        file.write(start(0, 1) + text("k") + struct.pack("<IQ", STRING, longer))
        file.truncate(4 * MAX_HEADER_BYTES)  # sparse: takes no space
    with pytest.raises(InspectionError, match=f"got a string of {longer} bytes; must be at most"):
        read_gguf(model)


def test_the_weights_are_not_read(model: Path) -> None:
    model.write_bytes(gguf_bytes([], [tensor("a", [2**38], F32, 0)]))
    with model.open("ab") as file:
        file.truncate(file.tell() + 2**40)
    assert read_gguf(model).tensors[0].nbytes == 2**40
