from __future__ import annotations

import pytest

from features.errors import SearchError
from features.search.filters import parse_filter
from features.search.query import Query, Weights


def test_defaults():
    assert Query.parse({"query": "x"}) == Query("x", 10, None, Weights(1, 1), 0)


def test_all_fields():
    eq = {"type": "eq", "key": "a", "value": 1}
    told = {"query": "x", "top_k": 50, "weights": {"text": 0}, "threshold": 0.5, "filters": eq}
    assert Query.parse(told) == Query("x", 50, parse_filter(eq), Weights(1, 0), 0.5)


@pytest.mark.parametrize(
    ("told", "param"),
    [
        ({}, "query"),
        ({"query": " "}, "query"),
        ({"query": 1}, "query"),
        ({"top_k": 0}, "top_k"),
        ({"top_k": 10_000}, "top_k"),
        ({"top_k": True}, "top_k"),
        ({"weights": {"text": 0, "embedding": 0}}, "weights"),
        ({"weights": {"text": -1}}, "weights.text"),
        ({"weights": 3}, "weights"),
        ({"threshold": 2}, "threshold"),
        ({"threshold": float("nan")}, "threshold"),
        ({"filters": "x"}, "filters"),
    ],
)
def test_others_are_refused_by_name(told, param):
    told = told if "query" in told or param == "query" else {"query": "x", **told}
    with pytest.raises(SearchError) as caught:
        Query.parse(told)
    assert (caught.value.code, caught.value.param) == ("invalid_request", param)


def test_a_forced_filter_cannot_be_lifted():
    mine = parse_filter({"type": "eq", "key": "a", "value": 1})
    forced = parse_filter({"type": "eq", "key": "b", "value": 1})
    narrowed = Query("x", filter=mine).narrowed("x", forced)
    assert not narrowed.filter.matches({"a": 1})
    assert narrowed.filter.matches({"a": 1, "b": 1})
    assert Query("x").narrowed("x", forced).filter.matches({"b": 1})
    assert Query("x", filter=mine).narrowed("x", None).filter is mine
