"""OpenAI's tool `file_search`, checked: which stores, under which condition, how much.

platform.openai.com/docs/guides/tools-file-search
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambda_api.errors import InvalidRequestError

FILE_SEARCH = "file_search"
"""The tool's type."""

MOST_STORES = 5
MOST_RESULTS = 50
MOST_FILTER_BYTES = 32 << 10
"""Filters as JSON. The search function has the same bound, and is asked for each store and
question; a test holds both to each other."""

_DEFAULT_RESULTS = 10
_LONGEST_ID = 80
_FIELDS = {"type", "vector_store_ids", "filters", "max_num_results", "ranking_options"}
_RANKING = {"ranker", "score_threshold", "hybrid_search"}
_WEIGHTS = {"embedding_weight": "embedding", "text_weight": "text"}


@dataclass(frozen=True)
class FileSearch:
    """A search of one or several stores.

    Attributes:
        store_ids: Ids of the stores.
        filters: Condition on attributes; the search function checks it.
        most_results: Most results, 1 to 50.
        threshold: Least score of a result, 0 to 1.
        weights: Weights of meaning and words, "embedding" and "text".
        param: The field of the request that all of it stands in.
    """

    store_ids: tuple[str, ...]
    filters: Any = None
    most_results: int = _DEFAULT_RESULTS
    threshold: float = 0.0
    weights: Mapping[str, float] | None = None
    param: str = "tools"

    @classmethod
    def parse(cls, tool: Mapping[str, Any], param: str) -> FileSearch:
        """Return the search that a tool asks for.

        Args:
            tool: The tool as it was sent.
            param: The field that it stands in.

        Raises:
            InvalidRequestError: A field is unknown, missing or out of bounds.
        """
        given = {name: value for name, value in tool.items() if value is not None}
        _refuse_others(given, _FIELDS, param)
        ids = given.get("vector_store_ids") or []
        if not _are_ids(ids):
            allowed = f"1 to {MOST_STORES} ids of vector stores are required"
            raise refused(f"{param}.vector_store_ids", allowed)
        return cls(tuple(ids), param=param, **ranked(given, param))

    def event(self, store: str, query: str, caller: str) -> dict[str, Any]:
        """Return the search function's event for one store and question."""
        told = {
            "store": store,
            "query": query,
            "caller": caller,
            "top_k": self.most_results,
            "threshold": self.threshold,
            "filters": self.filters,
            "weights": self.weights,
        }
        return {name: value for name, value in told.items() if value is not None}


def ranked(given: Mapping[str, Any], param: str) -> dict[str, Any]:
    """Return what a tool, or a search by itself, says of the results, as fields of `FileSearch`.

    Raises:
        InvalidRequestError: A field is unknown or out of bounds.
    """
    most = given.get("max_num_results", _DEFAULT_RESULTS)
    if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= MOST_RESULTS:
        raise refused(
            f"{param}.max_num_results", f"got {most!r:.40}, 1 to {MOST_RESULTS} are allowed"
        )
    filters = given.get("filters")
    if (size := len(json.dumps(filters))) > MOST_FILTER_BYTES:
        raise refused(f"{param}.filters", f"{size} bytes, {MOST_FILTER_BYTES} are allowed")
    options = given.get("ranking_options") or {}
    where = f"{param}.ranking_options"
    if not isinstance(options, Mapping):
        raise refused(where, "must be an object")
    _refuse_others(options, _RANKING, where)
    hybrid = options.get("hybrid_search")
    return {
        "filters": filters,
        "most_results": most,
        "threshold": _number(options.get("score_threshold") or 0, f"{where}.score_threshold", 1),
        "weights": None if hybrid is None else _weights(hybrid, f"{where}.hybrid_search"),
    }


def refused(param: str, why: str) -> InvalidRequestError:
    """Return the error of a field that is not allowed as it is."""
    param = param.removeprefix(".")
    return InvalidRequestError(f"{param}: {why}", param=param)


def _are_ids(ids: Any) -> bool:  # noqa: ANN401  any JSON value
    return (
        isinstance(ids, list)
        and 1 <= len(ids) <= MOST_STORES
        and all(isinstance(one, str) and 0 < len(one) <= _LONGEST_ID for one in ids)
    )


def _weights(given: Any, param: str) -> dict[str, float]:  # noqa: ANN401  any JSON value
    if not isinstance(given, Mapping):
        raise refused(param, "must be an object")
    _refuse_others(given, set(_WEIGHTS), param)
    weights = {
        ours: _number(given.get(theirs, 1), f"{param}.{theirs}", 1000)
        for theirs, ours in _WEIGHTS.items()
    }
    if not any(weights.values()):
        raise refused(param, "one weight must be above 0")
    return weights


def _number(value: Any, param: str, most: float) -> float:  # noqa: ANN401  any JSON value
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most:
        raise refused(param, f"got {value!r:.40}, a number from 0 to {most} is allowed")
    return float(value)


def _refuse_others(given: Mapping[str, Any], known: set[str], param: str) -> None:
    for name in given:
        if name not in known:
            raise refused(f"{param}.{str(name)[:60]}", f"is none of {', '.join(sorted(known))}")
