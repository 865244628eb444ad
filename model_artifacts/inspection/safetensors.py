"""Headers of safetensors files: each tensor's type, shape and bytes.

The format: https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.files import open_file, parse_json_object, shown
from model_artifacts.inspection.tensors import (
    MOST_DIMENSIONS,
    Extent,
    Tensor,
    check_extents,
    check_shape,
)

MAX_HEADER_BYTES = 100_000_000
"""Longest header, in bytes: the format's own limit."""

_LENGTH_BYTES = 8
_METADATA = "__metadata__"

# Bits of an element. https://github.com/huggingface/safetensors/blob/main/safetensors/src/tensor.rs
BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "F16": 16, "BF16": 16, "F32": 32, "F64": 64, "C64": 64,
}  # fmt: skip


@dataclass(frozen=True)
class SafetensorsHeader:
    """The header of one safetensors file.

    Attributes:
        tensors: in the order of their bytes.
        metadata: free text by key.
    """

    tensors: tuple[Tensor, ...]
    metadata: dict[str, str]


def read_safetensors(path: Path) -> SafetensorsHeader:
    """Read the header of one file.

    Raises:
        InspectionError: The file is no safetensors file, truncated or inconsistent.
    """
    raw, data_bytes = _read_header(path)
    metadata = raw.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise InspectionError(f"{path}: {_METADATA}: got other values; must be text by key")
    found = [_tensor(path, name, entry) for name, entry in raw.items()]
    ordered = check_extents(path, (extent for _, extent in found), data_bytes)
    _check_complete(path, ordered, data_bytes)
    tensors = {tensor.name: tensor for tensor, _ in found}
    return SafetensorsHeader(tuple(tensors[extent.name] for extent in ordered), metadata)


def _read_header(path: Path) -> tuple[dict[str, Any], int]:
    """Return the parsed header and the bytes of data that follow."""
    with open_file(path) as (file, size):
        if size < _LENGTH_BYTES:
            raise InspectionError(f"{path}: got {size} bytes; must be at least {_LENGTH_BYTES}")
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        rest = size - _LENGTH_BYTES
        if not 2 <= length <= min(rest, MAX_HEADER_BYTES):
            raise InspectionError(
                f"{path}: got a header of {length} bytes; must be 2 to "
                f"{min(rest, MAX_HEADER_BYTES)} (is the file truncated, or no safetensors file?)"
            )
        text = file.read(length)
    if not text.startswith(b"{"):
        raise InspectionError(f"{path}: header: got {shown(text[:8])}; must begin with '{{'")
    return parse_json_object(path, text), rest - length


def _tensor(path: Path, name: str, entry: object) -> tuple[Tensor, Extent]:
    where = f"{path}: tensor {shown(name)}"
    if not isinstance(entry, dict):
        raise InspectionError(f"{where}: got {shown(entry)}; must be an object")
    dtype, shape, offsets = (entry.get(key) for key in ("dtype", "shape", "data_offsets"))
    if not isinstance(dtype, str) or dtype not in BITS:
        raise InspectionError(
            f"{where}: dtype: got {shown(dtype)}; must be one of {', '.join(BITS)}"
        )
    if not isinstance(shape, list):
        raise InspectionError(f"{where}: shape: got {shown(shape)}; must be a list")
    begin, end = _offsets(where, offsets)
    tensor = Tensor(name, dtype, check_shape(where, shape, MOST_DIMENSIONS), end - begin)
    if 8 * tensor.nbytes != tensor.elements * BITS[dtype]:
        raise InspectionError(
            f"{where}: got {tensor.nbytes} bytes for {tensor.elements} elements of {dtype}; must "
            f"be {tensor.elements * BITS[dtype] / 8:g}"
        )
    return tensor, Extent(begin, end, name)


def _offsets(where: str, offsets: object) -> tuple[int, int]:
    got = shown(offsets)
    if isinstance(offsets, list) and len(offsets) == 2:
        begin, end = offsets
        if type(begin) is type(end) is int and 0 <= begin <= end < 2**63:
            return begin, end
        got = f"{shown(begin)} to {shown(end)}"
    raise InspectionError(
        f"{where}: data_offsets: got {got}; must be two numbers that rise, from 0"
    )


def _check_complete(path: Path, ordered: list[Extent], data_bytes: int) -> None:
    """Refuse bytes that belong to no tensor, as the format does."""
    expected = 0
    for extent in ordered:
        if extent.begin != expected:
            raise InspectionError(
                f"{path}: tensor {shown(extent.name)}: got bytes from {extent.begin}; must be from "
                f"{expected}, with no hole before"
            )
        expected = extent.end
    if expected != data_bytes:
        raise InspectionError(
            f"{path}: got {data_bytes} bytes of data; must be {expected}, the end of the tensors"
        )
