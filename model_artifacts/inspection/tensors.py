"""Tensors as headers describe them: a name, a type, a shape and a size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.files import shown

MOST_DIMENSIONS = 8
LARGEST_DIMENSION = 2**48


@dataclass(frozen=True)
class Tensor:
    """One tensor of a model file.

    Attributes:
        name: as the file spells it.
        dtype: the format's own name of the type: BF16, Q8_0, ...
        shape: elements along each dimension, in the file's order.
        nbytes: bytes in the file.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    nbytes: int

    @property
    def elements(self) -> int:
        """Elements stored; a scalar has one."""
        return math.prod(self.shape)


@dataclass(frozen=True, order=True)
class Extent:
    """The bytes of a tensor among a file's data.

    Attributes:
        begin: first byte, counted from the beginning of the data.
        end: first byte after the tensor.
        name: the tensor's.
    """

    begin: int
    end: int
    name: str


def check_extents(where: object, extents: Iterable[Extent], data_bytes: int) -> list[Extent]:
    """Return the extents in order, none beyond the data and no two over the same bytes.

    Args:
        where: the file, for messages.
        extents: of all tensors of the file.
        data_bytes: bytes of the file that hold data.

    Raises:
        InspectionError: A tensor ends after the file does, or two overlap.
    """
    ordered = sorted(extents)
    for extent in ordered:
        if not 0 <= extent.begin <= extent.end <= data_bytes:
            raise InspectionError(
                f"{where}: tensor {shown(extent.name)}: got bytes {extent.begin} to {extent.end}; "
                f"must rise and lie within {data_bytes} bytes of data (is the file truncated?)"
            )
    for before, after in pairwise(ordered):
        if after.begin < before.end:
            raise InspectionError(
                f"{where}: tensor {shown(after.name)}: got bytes from {after.begin}, inside of "
                f"{shown(before.name)}; must begin at {before.end} or later"
            )
    return ordered


def check_shape(where: str, shape: Sequence[object], most_dimensions: int) -> tuple[int, ...]:
    """Return a shape whose every dimension is a sensible number.

    Raises:
        InspectionError: There are too many dimensions, or one is no number from 0 to 2**48.
    """
    if len(shape) > most_dimensions:
        raise InspectionError(
            f"{where}: got {len(shape)} dimensions; must be at most {most_dimensions}"
        )
    checked = []
    for size in shape:
        if type(size) is not int or not 0 <= size <= LARGEST_DIMENSION:
            raise InspectionError(
                f"{where}: got a dimension of {shown(size)}; must be 0 to {LARGEST_DIMENSION}"
            )
        checked.append(size)
    return tuple(checked)
