"""Filters of a search, as OpenAI has them: comparisons, joined by and and or.

An attribute that a chunk does not have matches nothing, whatever the comparison.
platform.openai.com/docs/api-reference/vector-stores/search
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Protocol

from features.documents.attributes import Attributes
from features.errors import SearchError

MOST_DEPTH = 10
MOST_CONDITIONS = 100
MOST_VALUES = 100
"""Values of one "in" or "nin"."""

MOST_BYTES = 32 << 10
"""A whole filter as JSON. `lambda_api` refuses a longer one before it asks, `stacks` at synth."""

Value = str | float | bool
Types = Mapping[str, Collection[str]]
"""Types of the values that an attribute has somewhere in a store."""

_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_EQUAL = ("eq", "ne")
_MEMBER = ("in", "nin")
_JOINS = ("and", "or")


class Filter(Protocol):
    """A condition on the attributes of a chunk."""

    def matches(self, attributes: Attributes) -> bool:
        """Return whether attributes meet the condition."""

    def check(self, types: Types) -> None:
        """Compare the types of values with those that a store has.

        Raises:
            SearchError: An attribute has values, and none can be compared.
        """


@dataclass(frozen=True)
class Comparison:
    """A comparison of one attribute.

    Attributes:
        type: "eq", "ne", "gt", "gte", "lt", "lte", "in" or "nin".
        key: Name of the attribute.
        values: Value to compare with; several for "in" and "nin".
    """

    type: str
    key: str
    values: tuple[Value, ...]

    def matches(self, attributes: Attributes) -> bool:
        """Return whether the attribute is there, comparable, and meets the comparison."""
        value = attributes.get(self.key)
        if value is None:
            return False
        comparable = self._by_type.get(type_name(value))
        if not comparable:
            return False
        if self.type in _ORDERED:
            return _ORDERED[self.type](value, next(iter(comparable)))
        return (value in comparable) is (self.type in {"eq", "in"})

    def check(self, types: Types) -> None:
        """Refuse values of types that the attribute has nowhere in the store."""
        there = types.get(self.key, ())
        for kind in self._by_type:
            if there and kind not in there:
                raise _invalid(
                    f"attribute {self.key!r} holds {' and '.join(sorted(there))}, which cannot be "
                    f"compared with a {kind}"
                )

    @cached_property
    def _by_type(self) -> Mapping[str, frozenset[Value]]:
        """The values by their types: equal numbers and booleans are no equals to a filter.

        Made once, as a search asks for every different set of attributes in a store.
        """
        kinds = dict.fromkeys(map(type_name, self.values))
        return {
            kind: frozenset(value for value in self.values if type_name(value) == kind)
            for kind in kinds
        }


@dataclass(frozen=True)
class Join:
    """Conditions joined by "and" or by "or"."""

    type: str
    filters: tuple[Filter, ...]

    def matches(self, attributes: Attributes) -> bool:
        """Return whether all conditions are met, or any."""
        met = (part.matches(attributes) for part in self.filters)
        return all(met) if self.type == "and" else any(met)

    def check(self, types: Types) -> None:
        """Check each condition."""
        for part in self.filters:
            part.check(types)


def type_name(value: object) -> str:
    """Return "string", "number" or "boolean"; another value's type by Python's name."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else type(value).__name__


def types_of(sets: Iterable[Iterable[Attributes]]) -> Types:
    """Return the types of values that each attribute has in some sets of attributes."""
    types: dict[str, set[str]] = {}
    for attributes in chain.from_iterable(sets):
        for key, value in attributes.items():
            types.setdefault(key, set()).add(type_name(value))
    return types


def parse_filter(told: object) -> Filter:
    """Return the filter that JSON tells.

    Raises:
        SearchError: Another form than OpenAI's, nested too deeply, too long, or too many conditions
            or values.
    """
    if (size := _bytes(told)) > MOST_BYTES:
        raise _invalid(f"{size} bytes as JSON, and {MOST_BYTES} are allowed")
    parsed, conditions = _parse(told, MOST_DEPTH)
    if conditions > MOST_CONDITIONS:
        raise _invalid(f"{conditions} comparisons, and {MOST_CONDITIONS} are allowed")
    return parsed


def _parse(told: object, depth: int) -> tuple[Filter, int]:
    if not isinstance(told, Mapping):
        raise _invalid(f"a filter is an object, and not a {type_name(told)}")
    if told.get("type") not in _JOINS:
        return _comparison(told), 1
    if not depth:
        raise _invalid(f"filters are nested more than {MOST_DEPTH} deep")
    inner = told.get("filters")
    if not isinstance(inner, Sequence) or isinstance(inner, str) or not inner:
        raise _invalid(f'"filters" of {told["type"]!r} is a list of at least one filter')
    parsed = [_parse(part, depth - 1) for part in inner]
    return Join(told["type"], tuple(part for part, _ in parsed)), sum(count for _, count in parsed)


def _bytes(told: object) -> int:
    try:
        return len(json.dumps(told, default=str))
    except RecursionError:
        raise _invalid(f"filters are nested more than {MOST_DEPTH} deep") from None


def _comparison(told: Mapping[str, Any]) -> Comparison:
    kind, key, value = told.get("type"), told.get("key"), told.get("value")
    known = (*_EQUAL, *_ORDERED, *_MEMBER, *_JOINS)
    if kind not in known:
        raise _invalid(f"filter type {kind!r} is not one of {', '.join(known)}")
    if not isinstance(key, str) or not key:
        raise _invalid(f'"key" of {kind!r} is the name of an attribute, and not {key!r:.80}')
    values: list[Any] = value if isinstance(value, list) and kind in _MEMBER else [value]
    if kind in _MEMBER and not isinstance(value, list):
        raise _invalid(f'"value" of {kind!r} is a list')
    if len(values) > MOST_VALUES:
        raise _invalid(
            f'"value" of {kind!r} on {key!r:.80} has {len(values)} values, and {MOST_VALUES} are '
            "allowed"
        )
    if not all(isinstance(one, str | int | float) for one in values):
        raise _invalid(f'"value" of {kind!r} on {key!r} is a string, a number or a boolean')
    if kind in _ORDERED and isinstance(value, bool):
        raise _invalid(f'"value" of {kind!r} on {key!r} is a boolean, which has no order')
    return Comparison(str(kind), key, tuple(values))


def _invalid(message: str) -> SearchError:
    return SearchError("invalid_request", message, "filters")
