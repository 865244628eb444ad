"""Tensors of a safetensors file, as arrays of float32."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Tensors = Mapping[str, npt.NDArray[np.float32]]
_DTYPES: Mapping[str, np.dtype[Any]] = {"F16": np.dtype("<f2"), "F32": np.dtype("<f4")}


def read_tensors(path: Path) -> tuple[Tensors, str]:
    """Return the tensors of float16 or float32 by name, and the file's SHA-256."""
    content = path.read_bytes()
    (size,) = struct.unpack_from("<Q", content)
    tensors = {}
    for name, tensor in json.loads(content[8 : 8 + size]).items():
        dtype = _DTYPES.get(tensor.get("dtype", ""))
        if dtype is not None:
            start, stop = (8 + size + offset for offset in tensor["data_offsets"])
            array = np.frombuffer(content, dtype, (stop - start) // dtype.itemsize, start)
            tensors[name] = array.reshape(tensor["shape"]).astype(np.float32)
    return tensors, hashlib.sha256(content).hexdigest()
