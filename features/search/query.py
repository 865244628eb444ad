"""A search as it is asked for, checked: what, where, under which condition, and how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from features.errors import SearchError
from features.search.filters import Filter, Join, parse_filter

MOST_RESULTS = 50
_MOST_CHARACTERS = 10_000
"""Of a question: more than the tokens that are searched for, and few enough to be cut at once."""

_DEFAULT_RESULTS = 10


@dataclass(frozen=True)
class Weights:
    """Weights of the two rankings: meaning and words."""

    embedding: float = 1.0
    text: float = 1.0


@dataclass(frozen=True)
class Query:
    """A search of one store.

    Attributes:
        text: Question in words.
        top_k: Most results, 1 to 50.
        filter: Condition on attributes, if any.
        weights: Weights of the rankings.
        threshold: Least score of a result, 0 to 1.
    """

    text: str
    top_k: int = _DEFAULT_RESULTS
    filter: Filter | None = None
    weights: Weights = Weights()
    threshold: float = 0.0

    @classmethod
    def parse(cls, told: Mapping[str, Any]) -> Self:
        """Return the query of an event.

        Raises:
            SearchError: A field is missing or out of bounds.
        """
        text = told.get("query")
        if not isinstance(text, str) or not text.strip():
            raise _invalid("query", "is a text that is not empty", text)
        filters = told.get("filters")
        return cls(
            text[:_MOST_CHARACTERS],
            _whole(told.get("top_k", _DEFAULT_RESULTS)),
            None if filters is None else parse_filter(filters),
            _weights(told.get("weights") or {}),
            _number("threshold", told.get("threshold") or 0, most=1),
        )

    def narrowed(self, text: str, forced: Filter | None) -> Query:
        """Return the query for fewer words, under a further condition that no caller can lift."""
        parts = tuple(part for part in (forced, self.filter) if part is not None)
        condition = self.filter if forced is None else Join("and", parts)
        return replace(self, text=text, filter=condition)


def _weights(told: object) -> Weights:
    if not isinstance(told, Mapping):
        raise _invalid("weights", 'is an object with "embedding" and "text"', told)
    parts = {
        name: _number(f"weights.{name}", told.get(name, 1), most=1e6)
        for name in ("embedding", "text")
    }
    if not any(parts.values()):
        raise _invalid("weights", "has one weight above 0 at least", dict(told))
    return Weights(**parts)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_RESULTS:
        raise _invalid("top_k", f"is a whole number from 1 to {MOST_RESULTS}", value)
    return value


def _number(name: str, value: object, most: float) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most:
        raise _invalid(name, f"is a number from 0 to {most:g}", value)
    return float(value)


def _invalid(name: str, allowed: str, value: object) -> SearchError:
    return SearchError("invalid_request", f"{name} {allowed}, and not {value!r:.80}", name)
