"""Filters as S3 Vectors reads them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-metadata-filtering.html
What its `$ne` says of a vector that lacks the key is not told, so that `$exists` is asked too.
"""

from __future__ import annotations

from typing import Any

from features.errors import SearchError
from features.search.filters import Comparison, Filter, Join

STORE = "store"
"""Key of metadata with the store's name."""

_OPERATORS = {"eq": "$eq", "ne": "$ne", "in": "$in", "nin": "$nin"}
_NEVER: dict[str, Any] = {STORE: {"$eq": ""}}


_MOST_CONSTRAINTS = 100
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-index-mode.html"""


def attribute_key(name: str) -> str:
    """Return an attribute's key: none of ours, and no operator, whatever the attribute's name."""
    return f"_{name}"


def told_filter(store: str, condition: Filter | None) -> dict[str, Any]:
    """Return a condition on the vectors of a store.

    Raises:
        SearchError: It orders strings, which have no order there, or is too long.
    """
    of_store = {STORE: {"$eq": store}}
    if condition is None:
        return of_store
    told = {"$and": [of_store, _told(condition)]}
    if (count := _constraints(told)) > _MOST_CONSTRAINTS:
        text = f"{count} comparisons, and {_MOST_CONSTRAINTS} are allowed in this store"
        raise SearchError("invalid_request", text, "filters")
    return told


def _told(condition: Filter) -> dict[str, Any]:
    if isinstance(condition, Join):
        return {f"${condition.type}": [_told(part) for part in condition.filters]}
    assert isinstance(condition, Comparison)  # noqa: S101 - there are the two
    if not condition.values:
        return _NEVER
    key = attribute_key(condition.key)
    if condition.type not in _OPERATORS:
        return {key: {f"${condition.type}": _number(condition)}}
    values: Any = list(condition.values)
    operand = values if condition.type in ("in", "nin") else values[0]
    asked = {key: {_OPERATORS[condition.type]: operand}}
    if condition.type in ("ne", "nin"):
        return {"$and": [{key: {"$exists": True}}, asked]}
    return asked


def _constraints(told: dict[str, Any]) -> int:
    parts = [part for key in ("$and", "$or") for part in told.get(key, ())]
    return sum(map(_constraints, parts)) or 1


def _number(condition: Comparison) -> float:
    value = condition.values[0]
    if isinstance(value, str):
        text = f"{condition.type!r} on {condition.key!r}: strings have no order in this store"
        raise SearchError("invalid_request", text, "filters")
    return value
