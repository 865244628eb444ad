"""Checks of single values."""

from __future__ import annotations

import pytest

from lambda_api.admission import values
from lambda_api.errors import InvalidRequestError


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (values.boolean, [True, False], [0, "true", None]),
        (values.number(0, 1), [0, 1, 0.5], [-0.1, 2, True, "0", float("nan"), float("inf")]),
        (values.integer(1, 3), [1, 3, 2.0], [0, 1.5, 4, True, float("nan"), 10**400]),
        (values.text(2), ["", "ab"], ["abc", 1, None]),
        (values.items(2, values.boolean), [[], [True]], [[True] * 3, [1], {}, "ab"]),
        (values.plain(9, 2), [1, [[1]], "1234567"], ["12345678", [[[1]]], float("inf"), "\ud800"]),
        (values.one_of("a", "b"), ["a"], ["c", None, ["a"], {}]),
        (
            values.members({"a": values.boolean, "b": values.boolean}, needed=["a"]),
            [{"a": True}, {"a": True, "b": None}],
            [{}, {"a": None}, {"a": 1}, {"a": True, "c": 1}, [], "a"],
        ),
        (values.anything, [None, 1, "x"], []),
    ],
)
def test_values_are_taken_or_refused(check, good, bad):
    for value in good:
        check(value, "x")
    for value in bad:
        with pytest.raises(InvalidRequestError):
            check(value, "x")


def test_refusals_name_the_member_the_value_and_what_is_allowed():
    check = values.members({"a": values.items(2, values.number(0, 1))})

    with pytest.raises(InvalidRequestError, match=r"^x\.a\[1\]: must be between 0 and 1, got 7$"):
        check({"a": [0, 7]}, "x")


def test_a_quoted_value_is_cut():
    with pytest.raises(InvalidRequestError) as raised:
        values.boolean("x" * 10_000, "x")

    assert len(raised.value.message) < 120


def test_a_wide_value_is_measured_layer_by_layer():
    values.check_depth([[1] * 1000] * 10, "x", 2)

    with pytest.raises(InvalidRequestError, match="deeper than 1"):
        values.check_depth([[1]], "x", 1)
