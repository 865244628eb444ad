"""Filters against a slow model of them, and what is refused."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given

from features.errors import SearchError
from features.search.filters import parse_filter, type_name
from tests.support.generated_filters import attribute_sets, filters, generated


def model(told, attributes):
    """The meaning of a filter, written without any of its code."""
    kind = told["type"]
    if kind == "and":
        return all(model(part, attributes) for part in told["filters"])
    if kind == "or":
        return any(model(part, attributes) for part in told["filters"])
    if told["key"] not in attributes:
        return False
    mine, value = attributes[told["key"]], told["value"]

    def same_type(other):
        return isinstance(mine, str) == isinstance(other, str) and isinstance(
            mine, bool
        ) == isinstance(other, bool)

    values = [v for v in (value if kind in ("in", "nin") else [value]) if same_type(v)]
    if not values:
        return False
    return {
        "eq": lambda: mine == values[0],
        "ne": lambda: mine != values[0],
        "in": lambda: mine in values,
        "nin": lambda: mine not in values,
        "gt": lambda: mine > values[0],
        "gte": lambda: mine >= values[0],
        "lt": lambda: mine < values[0],
        "lte": lambda: mine <= values[0],
    }[kind]()


@generated
@given(filters, attribute_sets)
def test_filters_mean_what_the_model_says(told, attributes):
    assert parse_filter(told).matches(attributes) == model(told, attributes)


def nested(depth):
    told = {"type": "eq", "key": "x", "value": 1}
    for _ in range(depth):
        told = {"type": "and", "filters": [told]}
    return told


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("x", "a filter is an object, and not a string"),
        ({}, "filter type None is not one of"),
        ({"type": "like", "key": "x", "value": 1}, "filter type 'like' is not one of"),
        ({"type": "eq", "value": 1}, "is the name of an attribute"),
        ({"type": "eq", "key": "x"}, "is a string, a number or a boolean"),
        ({"type": "eq", "key": "x", "value": [1]}, "is a string, a number or a boolean"),
        ({"type": "in", "key": "x", "value": 1}, "is a list"),
        ({"type": "gt", "key": "x", "value": True}, "is a boolean, which has no order"),
        ({"type": "and", "filters": []}, "is a list of at least one filter"),
        ({"type": "or"}, "is a list of at least one filter"),
        (nested(20), "nested more than 10 deep"),
        ({"type": "or", "filters": [nested(0)] * 101}, "101 comparisons, and 100 are allowed"),
        ({"type": "in", "key": "x", "value": ["a"] * 101}, "has 101 values, and 100 are allowed"),
        ({"type": "nin", "key": "x", "value": [1] * 101}, "has 101 values, and 100 are allowed"),
        ({"type": "eq", "key": "x", "value": "a" * 40_000}, "bytes as JSON, and 32768 are allowed"),
        (nested(900), "nested more than 10 deep|bytes as JSON"),
    ],
)
def test_other_forms_are_refused(told, reason):
    with pytest.raises(SearchError, match=reason) as caught:
        parse_filter(told)
    assert (caught.value.code, caught.value.param) == ("invalid_request", "filters")


def test_types_that_cannot_be_compared_are_refused():
    parsed = parse_filter({"type": "and", "filters": [{"type": "gt", "key": "x", "value": 1}]})
    parsed.check({})
    parsed.check({"x": {"number", "string"}})
    with pytest.raises(SearchError, match="'x' holds string, which cannot be compared with a num"):
        parsed.check({"x": {"string"}})


def seconds_of_matches(values):
    parsed = parse_filter({"type": "in", "key": "x", "value": values})
    began = process_time()
    for number in range(20_000):
        parsed.matches({"x": f"other {number}"})
    return process_time() - began


def test_a_hundred_values_take_no_longer_than_one():
    one = min(seconds_of_matches(["a"]) for _ in range(3))
    hundred = min(seconds_of_matches([f"a{number}" for number in range(100)]) for _ in range(3))
    assert hundred < 5 * one


def test_type_names():
    assert [type_name(v) for v in ("a", 1, 1.5, True, None)] == [
        "string",
        "number",
        "number",
        "boolean",
        "NoneType",
    ]
