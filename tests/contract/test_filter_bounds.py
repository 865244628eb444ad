"""Filters have the same bounds at synth, at the API and in the search function."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import pytest
from hypothesis import given
from pydantic import ValidationError

from features.aws.vector_filters import told_filter
from features.errors import SearchError
from features.search import filters
from lambda_api.retrieval import file_search
from stacks.config import RetrievalConfig, StoreConfig, retrieval
from tests.support.generated_filters import Told, doubtful_filters, generated

Store = Literal["snapshot", "s3-vectors"]

EQUAL = {"type": "eq", "key": "x", "value": "a"}
LONG = {"type": "eq", "key": "x", "value": "a" * 40_000}


def nested(depth: int) -> Told:
    told: Told = EQUAL
    for _ in range(depth):
        told = {"type": "or", "filters": [told]}
    return told


def many(count: int, **fields: Any) -> Told:
    return {"type": "and", "filters": [{**EQUAL, **fields}] * count}


def is_taken_by_config(told: Any, store: Store = "snapshot") -> bool:
    try:
        config = StoreConfig(name="a", forced_filter=told)
        RetrievalConfig(store=store, stores=[config])
    except ValidationError:
        return False
    return True


def is_taken_by_search(told: Any, store: Store = "snapshot") -> bool:
    try:
        parsed = filters.parse_filter(told)
        if store == "s3-vectors":
            told_filter("a", parsed)
    except SearchError:
        return False
    return True


def test_each_house_has_the_same_bounds_of_filters() -> None:
    assert filters.MOST_BYTES == file_search.MOST_FILTER_BYTES == retrieval.MOST_FILTER_BYTES
    assert filters.MOST_VALUES == retrieval.MOST_FILTER_VALUES
    assert filters.MOST_DEPTH == retrieval.MOST_FILTER_DEPTH
    assert filters.MOST_CONDITIONS == retrieval.MOST_FILTER_COMPARISONS


@pytest.mark.parametrize("store", ["snapshot", "s3-vectors"])
@pytest.mark.parametrize(
    "told",
    [
        EQUAL,
        {},
        {**EQUAL, "value": {"a": 1}},
        {**EQUAL, "value": ["a"]},
        {**EQUAL, "value": None},
        {**EQUAL, "value": date(2026, 1, 1)},
        {**EQUAL, "value": float("nan")},
        {**EQUAL, "key": ""},
        {**EQUAL, "key": 1},
        {**EQUAL, "type": "gt"},
        {**EQUAL, "type": "gt", "value": True},
        {**EQUAL, "type": "gte", "value": 1.5},
        {**EQUAL, "type": "in"},
        {**EQUAL, "type": "in", "value": []},
        {**EQUAL, "type": "nin", "value": []},
        {**EQUAL, "type": "nin", "value": ["a", 1, True]},
        {**EQUAL, "type": "in", "value": ["a", ["b"]]},
        {**EQUAL, "type": "in", "value": ["a"] * 100},
        {**EQUAL, "type": "in", "value": ["a"] * 101},
        {**EQUAL, "type": ["and"]},
        {"type": "and", "filters": "ab"},
        {"type": "and", "filters": [EQUAL, "a"]},
        *map(nested, (10, 11, 15, 900)),
        *map(many, (99, 100, 101)),
        *(many(count, type="ne") for count in (49, 50, 100)),
        LONG,
    ],
)
def test_config_takes_what_search_takes(told: Told, store: Store) -> None:
    assert is_taken_by_config(told, store) == is_taken_by_search(told, store)


@generated
@given(doubtful_filters)
def test_config_takes_what_search_takes_whatever_is_made_up(told: Told) -> None:
    for store in ("snapshot", "s3-vectors"):
        taken = is_taken_by_config(told, store)
        assert taken == (is_taken_by_search(told, store) and not has_other_fields(told))


def has_other_fields(told: Any) -> bool:
    """Fields that search leaves aside, and config takes for mistakes."""
    if told.get("type") in ("and", "or"):
        return set(told) != {"type", "filters"} or any(map(has_other_fields, told["filters"]))
    return set(told) != {"type", "key", "value"}
