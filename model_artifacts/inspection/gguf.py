"""Headers of GGUF files, versions 2 and 3, little endian: metadata and tensors.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.files import open_file, shown
from model_artifacts.inspection.ggml_types import GGML_TYPES
from model_artifacts.inspection.header_reader import HeaderReader
from model_artifacts.inspection.tensors import Extent, Tensor, check_extents, check_shape

MOST_KEPT = 1024
"""Elements of the longest array whose values are kept: one a layer, but not one a token."""

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_MOST_DIMENSIONS = 4
_LONGEST_NAME = 65_535
_DEFAULT_ALIGNMENT = 32
_STRING, _ARRAY, _BOOL = 8, 9, 7
# struct's letter of each number type, by GGUF's number of the type.
_NUMBERS = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", _BOOL: "B", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
# Fewest bytes of a field (key, type, value) and of a tensor (name, dimensions, type, offset).
_LEAST_FIELD, _LEAST_TENSOR = 13, 24

Scalar = bool | int | float | str


@dataclass(frozen=True)
class Array:
    """An array among the metadata.

    Attributes:
        length: elements.
        values: the elements; empty where there are more than MOST_KEPT.
    """

    length: int
    values: tuple[Scalar, ...]


Value = Scalar | Array


@dataclass(frozen=True)
class GgufHeader:
    """The header of one GGUF file.

    Attributes:
        version: of the format, 2 or 3.
        metadata: values by key.
        tensors: in the order of their bytes.
    """

    version: int
    metadata: dict[str, Value]
    tensors: tuple[Tensor, ...]


def read_gguf(path: Path) -> GgufHeader:
    """Read the header of one file.

    Raises:
        InspectionError: The file is no GGUF file, truncated or inconsistent.
    """
    with open_file(path) as (file, size):
        reader = HeaderReader(path, file, size)
        version, tensor_count, field_count = _read_start(reader)
        metadata = dict(_fields(reader, field_count))
        if len(metadata) < field_count:
            raise InspectionError(f"{path}: metadata: got a key twice; must be unique")
        found = [_tensor(reader) for _ in range(tensor_count)]
        data_bytes = size - _padded(reader.position, _alignment(path, metadata))
    return GgufHeader(version, metadata, _in_order(path, found, metadata, data_bytes))


def _read_start(reader: HeaderReader) -> tuple[int, int, int]:
    """Return version, tensor count and field count."""
    if (magic := reader.take(4, "a first word")) != _MAGIC:
        raise InspectionError(f"{reader.path}: got {magic!r}; must begin with {_MAGIC!r}")
    version = reader.number("I")
    if version not in _VERSIONS:
        hint = " (a big-endian file)" if version and version % 2**16 == 0 else ""
        raise InspectionError(f"{reader.path}: version: got {version}{hint}; must be 2 or 3")
    tensors, fields = reader.number("Q"), reader.number("Q")
    least = tensors * _LEAST_TENSOR + fields * _LEAST_FIELD
    reader.need(least, f"{tensors} tensors and {fields} fields")
    return version, tensors, fields


def _fields(reader: HeaderReader, count: int) -> Iterator[tuple[str, Value]]:
    for _ in range(count):
        key = reader.text(_LONGEST_NAME)
        kind = reader.number("I")
        yield key, _array(reader, key) if kind == _ARRAY else _scalars(reader, key, kind, 1)[0]


def _array(reader: HeaderReader, key: str) -> Array:
    kind, length = reader.number("I"), reader.number("Q")
    if length <= MOST_KEPT:
        return Array(length, _scalars(reader, key, kind, length))
    if kind == _STRING:
        for _ in range(length):
            reader.skip(reader.number("Q"), "a string")
    else:
        reader.skip(length * struct.calcsize(_letter(reader, key, kind)), "an array")
    return Array(length, ())


def _scalars(reader: HeaderReader, key: str, kind: int, count: int) -> tuple[Scalar, ...]:
    if kind == _STRING:
        return tuple(reader.text() for _ in range(count))
    form = f"<{count}{_letter(reader, key, kind)}"
    values = struct.unpack(form, reader.take(struct.calcsize(form), "values"))
    if kind != _BOOL:
        return values
    if not {0, 1}.issuperset(values):
        raise InspectionError(f"{reader.path}: {shown(key)}: got {max(values)}; must be 0 or 1")
    return tuple(map(bool, values))


def _letter(reader: HeaderReader, key: str, kind: int) -> str:
    # llama.cpp refuses an array within an array, too.
    if kind not in _NUMBERS:
        raise InspectionError(
            f"{reader.path}: {shown(key)}: got values of type {kind}; must be numbers, "
            "booleans or strings"
        )
    return _NUMBERS[kind]


def _tensor(reader: HeaderReader) -> tuple[Tensor, int]:
    """Return a tensor and its offset among the data."""
    name = reader.text(_LONGEST_NAME)
    where = f"{reader.path}: tensor {shown(name)}"
    dimensions = reader.number("I")
    if dimensions > _MOST_DIMENSIONS:
        raise InspectionError(
            f"{where}: got {dimensions} dimensions; must be at most {_MOST_DIMENSIONS}"
        )
    shape = check_shape(where, [reader.number("Q") for _ in range(dimensions)], _MOST_DIMENSIONS)
    kind, offset = reader.number("I"), reader.number("Q")
    if kind not in GGML_TYPES:
        raise InspectionError(f"{where}: got type {kind}; must be one of {sorted(GGML_TYPES)}")
    dtype, block, block_bytes = GGML_TYPES[kind]
    row = shape[0] if shape else 1
    if row % block:
        raise InspectionError(
            f"{where}: got rows of {row} elements; must be a multiple of {block} for {dtype}"
        )
    return Tensor(name, dtype, shape, math.prod(shape) // block * block_bytes), offset


def _alignment(path: Path, metadata: dict[str, Value]) -> int:
    alignment = metadata.get("general.alignment", _DEFAULT_ALIGNMENT)
    if type(alignment) is not int or alignment < 1 or alignment & (alignment - 1):
        raise InspectionError(
            f"{path}: general.alignment: got {shown(alignment)}; must be a power of two"
        )
    return alignment


def _padded(position: int, alignment: int) -> int:
    return -(-position // alignment) * alignment


def _in_order(
    path: Path, found: list[tuple[Tensor, int]], metadata: dict[str, Value], data_bytes: int
) -> tuple[Tensor, ...]:
    """Return the tensors by offset, each aligned and all apart from each other."""
    alignment, tensors = _alignment(path, metadata), {tensor.name: tensor for tensor, _ in found}
    if len(tensors) < len(found):
        raise InspectionError(f"{path}: tensors: got a name twice; must be unique")
    for tensor, offset in found:
        if offset % alignment:
            raise InspectionError(
                f"{path}: tensor {shown(tensor.name)}: got offset {offset}; must be a multiple of "
                f"{alignment}"
            )
    extents = [Extent(offset, offset + t.nbytes, t.name) for t, offset in found]
    return tuple(tensors[e.name] for e in check_extents(path, extents, max(0, data_bytes)))
