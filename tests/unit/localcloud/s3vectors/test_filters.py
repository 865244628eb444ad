"""Filters of S3 Vectors, and the two modes of an index."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from localcloud.awsjson.service import Scope, ServiceError
from localcloud.s3vectors.buckets import Buckets
from localcloud.s3vectors.filters import compile_filter
from localcloud.s3vectors.indexes import Indexes
from localcloud.s3vectors.store import Store
from localcloud.s3vectors.vectors import Vectors

BOOK = {"genre": ["crime", "drama"], "year": 2020, "title": "Die", "read": True}
NOTHING: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("asked", "met"),
    [
        ({"genre": "drama"}, True),
        ({"genre": {"$eq": "horror"}}, False),
        ({"genre": {"$ne": "horror"}}, True),
        ({"year": {"$gt": 2019, "$lt": 2020}}, False),
        ({"year": {"$gte": 2020, "$lte": 2020}}, True),
        ({"year": {"$in": [1, 2020]}}, True),
        ({"year": {"$nin": [1, 2020]}}, False),
        ({"read": 1}, False),
        ({"read": True, "year": 2020}, True),
        ({"title": {"$startsWith": "D"}}, True),
        ({"title": {"$gt": 1}}, False),
        ({"none": {"$exists": False}}, True),
        ({"none": {"$ne": 1}}, False),
        ({"$or": [{"none": 1}, {"$and": [{"year": 2020}, {"read": True}]}]}, True),
    ],
)
def test_operators_say_what_is_documented(asked: Any, met: bool) -> None:
    assert compile_filter(asked, NOTHING, enhanced=True)(BOOK) is met


@pytest.mark.parametrize(
    "asked",
    [[], {"$not": []}, {"$or": []}, {"a": {"$in": []}}, {"a": {"$in": "b"}}, {"a": None}],
)
def test_what_is_no_filter_is_refused(asked: Any) -> None:
    with pytest.raises(ServiceError, match="Invalid filter"):
        compile_filter(asked, NOTHING, enhanced=True)


def test_the_old_mode_knows_no_prefixes_and_no_most() -> None:
    with pytest.raises(ServiceError, match=r"\$startsWith"):
        compile_filter({"a": {"$startsWith": "b"}}, NOTHING, enhanced=False)
    many = {"$or": [{"year": year} for year in range(2020, 2200)]}
    assert compile_filter(many, NOTHING, enhanced=False)(BOOK)


def test_an_old_buckets_index_may_miss_what_a_filter_leaves() -> None:
    store = Store(clock=lambda: 0)
    operations = {
        **Buckets(store).operations(),
        **Indexes(store).operations(),
        **Vectors(store).operations(),
    }

    def call(operation: str, **parameters: Any) -> Any:
        return asyncio.run(operations[operation](parameters, Scope("1", "us-east-1")))

    where = {"vectorBucketName": "old", "indexName": "index"}
    call("CreateVectorBucket", vectorBucketName="old")
    call("CreateIndex", **where, dataType="float32", dimension=2, distanceMetric="cosine")
    near = [
        {"key": str(number), "data": {"float32": [1, 0]}, "metadata": {"lang": "en"}}
        for number in range(20)
    ]
    far = {"key": "far", "data": {"float32": [0, 1]}, "metadata": {"lang": "de"}}
    call("PutVectors", **where, vectors=[*near, far])

    asked = {**where, "topK": 1, "queryVector": {"float32": [1, 0]}, "filter": {"lang": "de"}}
    assert call("QueryVectors", **asked)["vectors"] == []
    assert call("QueryVectors", **asked, queryMode="ENHANCED")["vectors"] == [{"key": "far"}]
    call("UpdateIndexMode", **where, indexMode="ENHANCED")
    assert call("QueryVectors", **asked)["vectors"] == [{"key": "far"}]
