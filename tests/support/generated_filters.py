"""Filters that Hypothesis makes: proper ones, and such as are nearly so."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

VALUES = ("a", "b", 1, 2, 2.5, True, False)
KEYS = ("x", "y", "z")
ORDERED = ("gt", "gte", "lt", "lte")
MEMBER = ("in", "nin")
KINDS = ("eq", "ne", *ORDERED, *MEMBER)
JOINS = ("and", "or")

Told = dict[str, Any]

generated = settings(
    max_examples=120,
    database=None,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
"""The same examples each time: a run that fails fails again. Shared machines have no deadlines."""

attribute_sets = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES))


def _comparison(kind: str) -> st.SearchStrategy[Told]:
    one = st.sampled_from([v for v in VALUES if kind not in ORDERED or not isinstance(v, bool)])
    value: st.SearchStrategy[Any] = st.lists(one, max_size=3) if kind in MEMBER else one
    return st.fixed_dictionaries(
        {"type": st.just(kind), "key": st.sampled_from(KEYS), "value": value}
    )


comparisons = st.one_of([_comparison(kind) for kind in KINDS])


def _joined(parts: st.SearchStrategy[Told]) -> st.SearchStrategy[Told]:
    filters = st.lists(parts, min_size=1, max_size=3)
    return st.fixed_dictionaries({"type": st.sampled_from(JOINS), "filters": filters})


filters = st.recursive(comparisons, _joined, max_leaves=12)

_any = st.sampled_from((*VALUES, None, "", [], ["a"], [True], [None], [["a"]], {}, {"a": 1}))
_kinds = st.sampled_from((*KINDS, *JOINS, "like", None, ["and"], 1))
_doubtful_leaves = st.fixed_dictionaries(
    {}, optional={"type": _kinds, "key": _any, "value": _any, "filters": _any}
)


def _doubtfully_joined(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Told]:
    inner = st.lists(st.one_of(parts, _any), max_size=3)
    return st.fixed_dictionaries({"type": _kinds, "filters": inner})


def _nested(told: Told, depth: int) -> Told:
    for _ in range(depth):
        told = {"type": "and", "filters": [told]}
    return told


doubtful_filters = st.one_of(
    filters,
    st.recursive(st.one_of(comparisons, _doubtful_leaves), _doubtfully_joined, max_leaves=6),
    st.builds(_nested, comparisons, st.integers(8, 12)),
)
