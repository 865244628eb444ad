"""Arrays and a JSON header as the bytes of one object, read back without copies."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_MAGIC = b"TWF1"
_ALIGNMENT = 16


def pack(header: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """Return bytes that hold a header and arrays; the same ones for the same content."""
    shapes = [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()]
    text = json.dumps({"header": header, "arrays": shapes}, separators=(",", ":"), sort_keys=True)
    index = zlib.compress(text.encode(), 6)
    start = _MAGIC + struct.pack("<I", len(index)) + index
    parts = [start, bytes(-len(start) % _ALIGNMENT)]
    for array in arrays.values():
        data = np.ascontiguousarray(array).tobytes()
        parts += [data, bytes(-len(data) % _ALIGNMENT)]
    return b"".join(parts)


class OversizedError(Exception):
    """A header longer than its reader has memory for."""


def unpack(packed: bytes, most_bytes: int | None = None) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return the header and the arrays, which are read-only views of the bytes.

    Args:
        packed: the bytes.
        most_bytes: most bytes of the header as JSON; None for any number.

    Raises:
        ValueError: The bytes are not what `pack` makes, or there are too few.
        OversizedError: The header is longer.
    """
    if packed[:4] != _MAGIC:
        raise ValueError(f"packed arrays begin with {_MAGIC!r}, and not with {packed[:4]!r}")
    (size,) = struct.unpack_from("<I", packed, 4)
    try:
        index = json.loads(_decompressed(packed[8 : 8 + size], most_bytes))
    except zlib.error as error:
        raise ValueError(f"the header of packed arrays is damaged: {error}") from error
    arrays, at = {}, _aligned(8 + size)
    for name, dtype, shape in index["arrays"]:
        count = int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(packed, np.dtype(dtype), count, at) if count else np.empty(0, dtype)
        arrays[name] = array.reshape(shape)
        at = _aligned(at + array.nbytes)
    return index["header"], arrays


def _decompressed(packed: bytes, most_bytes: int | None) -> bytes:
    if most_bytes is None:
        return zlib.decompress(packed)
    stream = zlib.decompressobj()
    text = stream.decompress(packed, most_bytes + 1)
    if len(text) > most_bytes:
        raise OversizedError(f"more than {most_bytes} bytes of JSON")
    if not stream.eof:
        raise ValueError("the header of packed arrays is cut off")
    return text


def _aligned(offset: int) -> int:
    return offset + -offset % _ALIGNMENT
