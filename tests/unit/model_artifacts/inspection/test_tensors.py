"""Extents and shapes, whatever the format."""

from __future__ import annotations

import pytest

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.tensors import Extent, Tensor, check_extents, check_shape

A, B = Extent(0, 4, "a"), Extent(4, 6, "b")


def test_extents_are_put_in_order() -> None:
    assert check_extents("file", [B, A], 6) == [A, B]


def test_an_empty_tensor_overlaps_nothing() -> None:
    empty = Extent(4, 4, "e")
    assert check_extents("file", [A, B, empty], 6) == [A, empty, B]


@pytest.mark.parametrize(
    ("extents", "message"),
    [
        ([A, B], "file: tensor 'b': got bytes 4 to 6; must rise and lie within 5 bytes"),
        ([Extent(3, 2, "c")], "file: tensor 'c': got bytes 3 to 2"),
        ([A, Extent(3, 5, "c")], "file: tensor 'c': got bytes from 3, inside of 'a'; must begin"),
    ],
)
def test_impossible_extents_are_named(extents: list[Extent], message: str) -> None:
    with pytest.raises(InspectionError, match=message):
        check_extents("file", extents, 5)


def test_a_scalar_has_one_element() -> None:
    assert Tensor("s", "F32", (), 4).elements == 1
    assert Tensor("m", "F32", (3, 4), 48).elements == 12


def test_a_shape_has_so_many_dimensions_and_no_more() -> None:
    assert check_shape("tensor", [1, 2], 2) == (1, 2)
    with pytest.raises(InspectionError, match="tensor: got 2 dimensions; must be at most 1"):
        check_shape("tensor", [1, 2], 1)


@pytest.mark.parametrize("size", [-1, 2**49, 1.0, "1", None, True, [1]])
def test_a_dimension_is_a_number(size: object) -> None:
    with pytest.raises(InspectionError, match="tensor: got a dimension of"):
        check_shape("tensor", [size], 4)
