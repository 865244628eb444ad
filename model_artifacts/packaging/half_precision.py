"""Weights in half the bytes: a safetensors file of float32 written again as float16."""

from __future__ import annotations

import hashlib
import json
import struct
from array import array
from pathlib import Path

_VALUES_AT_ONCE = 1 << 16


class WeightsError(Exception):
    """Weights that are not the ones expected; the message says which digest was found."""


def convert(source: Path, digest: str, target: Path) -> None:
    """Write the float32 tensors of a safetensors file as float16; others are left out.

    Args:
        source: file to read.
        digest: SHA-256 that the file must have, in hexadecimal.
        target: file to write, replaced if it exists.

    Raises:
        WeightsError: The file has another digest.
    """
    content = source.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise WeightsError(f"{source.name} has the SHA-256 {found}; {digest} is expected")
    (size,) = struct.unpack_from("<Q", content)
    tensors = {
        name: (tensor["shape"], content[8 + size + start : 8 + size + stop])
        for name, tensor in json.loads(content[8 : 8 + size]).items()
        if name != "__metadata__" and tensor["dtype"] == "F32"
        for start, stop in [tensor["data_offsets"]]
    }
    header, offset = {}, 0
    for name, (shape, data) in tensors.items():
        stop = offset + len(data) // 2
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [offset, stop]}
        offset = stop
    index = json.dumps(header).encode()
    index += b" " * (-len(index) % 8)  # tensors start at a multiple of eight
    with target.open("wb") as file:
        file.write(struct.pack("<Q", len(index)) + index)
        for _, data in tensors.values():
            file.write(_half(data))


def _half(data: bytes) -> bytes:
    values = array("f", data)
    parts = (
        values[start : start + _VALUES_AT_ONCE] for start in range(0, len(values), _VALUES_AT_ONCE)
    )
    return b"".join(struct.pack(f"<{len(part)}e", *part) for part in parts)
