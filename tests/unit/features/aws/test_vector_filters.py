from __future__ import annotations

import pytest

from features.aws.vector_filters import told_filter
from features.errors import SearchError
from features.search.filters import parse_filter


def told(**filters):
    (_, asked) = told_filter("docs", parse_filter(filters))["$and"]
    return asked


def test_every_query_is_of_one_store():
    assert told_filter("docs", None) == {"store": {"$eq": "docs"}}
    of_store, _ = told_filter("docs", parse_filter({"type": "eq", "key": "a", "value": 1}))["$and"]
    assert of_store == {"store": {"$eq": "docs"}}


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("eq", "x", {"_a": {"$eq": "x"}}),
        ("gte", 2, {"_a": {"$gte": 2}}),
        ("in", [1, "x"], {"_a": {"$in": [1, "x"]}}),
        ("ne", 1, {"$and": [{"_a": {"$exists": True}}, {"_a": {"$ne": 1}}]}),
        ("nin", [1], {"$and": [{"_a": {"$exists": True}}, {"_a": {"$nin": [1]}}]}),
        ("in", [], {"store": {"$eq": ""}}),
        ("nin", [], {"store": {"$eq": ""}}),
    ],
)
def test_comparisons_in_their_words(type_, value, expected):
    assert told(type=type_, key="a", value=value) == expected


@pytest.mark.parametrize("key", ["$and", "store", "text"])
def test_an_attributes_name_is_no_operator_and_none_of_ours(key):
    assert told(type="eq", key=key, value=1) == {f"_{key}": {"$eq": 1}}


def test_joins_nest():
    one = {"type": "eq", "key": "a", "value": 1}
    assert told(type="or", filters=[{"type": "and", "filters": [one]}]) == {
        "$or": [{"$and": [{"_a": {"$eq": 1}}]}]
    }


def test_strings_have_no_order_there():
    with pytest.raises(SearchError, match="strings have no order in this store"):
        told(type="gt", key="a", value="x")


def test_more_comparisons_than_it_takes_are_refused():
    ne = {"type": "ne", "key": "a", "value": 1}  # which is two there
    assert told(type="or", filters=[ne] * 49)
    with pytest.raises(SearchError, match="101 comparisons, and 100 are allowed in this store"):
        told(type="or", filters=[ne] * 50)
