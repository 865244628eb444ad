from __future__ import annotations

import pytest

from features.documents.attributes import checked_attributes, scalar
from features.errors import DocumentError


def test_attributes_within_the_limits_stay():
    attributes = {"k" * 64: "v" * 512, "number": 1.5, "flag": True}
    assert checked_attributes(attributes) == attributes


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({str(n): 1 for n in range(17)}, "17 attributes, and 16 are allowed"),
        ({"k" * 65: 1}, "name has 65 characters"),
        ({"": 1}, "name has 0 characters"),
        ({"k": "v" * 600}, "has 600 characters, and 512 are allowed"),
        ({"k": None}, "is no string, number or boolean"),
        ({"k": ["a"]}, "is no string, number or boolean"),
        ({"k": float("nan")}, "is no string, number or boolean"),
        ({"k": 10**400}, "is no string, number or boolean"),
    ],
)
def test_others_are_refused(attributes, reason):
    with pytest.raises(DocumentError, match=reason):
        checked_attributes(attributes)


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("3", 3.0), ('"3"', "3"), ("'x y'", "x y"), (" a ", "a"), ("inf", "inf")],
)
def test_a_word_of_front_matter_has_a_type(text, value):
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)
