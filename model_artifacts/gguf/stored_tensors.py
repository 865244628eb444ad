"""Tensors as they lie in safetensors files, read a few rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model_artifacts.gguf.errors import UnsupportedCheckpointError
from model_artifacts.inspection.checkpoint import read_checkpoint, weight_files
from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.safetensors import read_safetensors

ROWS_ELEMENTS = 2**22
"""Elements that are in memory as 32-bit floats at once: 16 MiB."""

_STORED = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16}


@dataclass(frozen=True)
class StoredTensor:
    """A tensor in a file.

    Attributes:
        name: Hugging Face's.
        shape: rows first.
        dtype: F32, F16 or BF16.
        file: holds the values.
        offset: first byte of the values in the file.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    file: Path
    offset: int

    def rows(self) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """Yield all rows as 32-bit floats, some at a time; those of a vector are its elements."""
        rows, *inner = self.shape or (1,)
        width = int(np.prod(inner)) if inner else 1
        step = max(1, ROWS_ELEMENTS // max(1, width))
        with self.file.open("rb") as file:
            file.seek(self.offset)
            for begin in range(0, rows, step):
                end = min(rows, begin + step)
                stored = np.fromfile(file, _STORED[self.dtype], (end - begin) * width)
                yield slice(begin, end), self._widened(stored).reshape((end - begin, *inner))

    def _widened(self, stored: NDArray[np.generic]) -> NDArray[np.float32]:
        if self.dtype == "BF16":  # the upper half of a 32-bit float
            return (stored.astype(np.uint32) << 16).view(np.float32)
        return stored.astype(np.float32)


def stored_tensors(checkpoint: Path) -> Iterator[StoredTensor]:
    """Yield every tensor of the checkpoint's safetensors files: those of a file by name.

    Raises:
        UnsupportedCheckpointError: A file is absent or damaged, or a tensor is no float we read.
    """
    try:
        read_checkpoint(checkpoint)
        files = weight_files(checkpoint)
    except InspectionError as error:
        raise UnsupportedCheckpointError(str(error)) from error
    for file in files:
        yield from tensors_of(file)


def tensors_of(file: Path) -> list[StoredTensor]:
    """Return the tensors of one safetensors file, by name.

    Raises:
        UnsupportedCheckpointError: The file is damaged, or a tensor is no float we read.
    """
    try:
        tensors = read_safetensors(file).tensors
    except InspectionError as error:
        raise UnsupportedCheckpointError(str(error)) from error
    position = file.stat().st_size - sum(tensor.nbytes for tensor in tensors)
    found = []
    for tensor in tensors:
        if tensor.dtype not in _STORED:
            raise UnsupportedCheckpointError(
                f"tensor {tensor.name} is {tensor.dtype}; supported: {', '.join(_STORED)}"
            )
        found.append(StoredTensor(tensor.name, tensor.shape, tensor.dtype, file, position))
        position += tensor.nbytes
    return sorted(found, key=attrgetter("name"))
