"""Contradictions are refused with both statements."""

from __future__ import annotations

from typing import Any

import pytest

from planner.errors import PlanError
from planner.recommend.contradictions import contradictions
from tests.support.needs import SCENARIOS, scenario


def test_the_scenarios_have_none() -> None:
    for number in range(1, len(SCENARIOS) + 1):
        assert [*contradictions(scenario(number))] == []


@pytest.mark.parametrize(
    ("number", "changed", "both"),
    [
        (1, {"requests_per_day": 5}, ("requests_per_day = 5", "people = 50")),
        (1, {"people": None, "minutes_between": None}, ("requests: got none",)),
        (1, {"minutes_between": None}, ("people = 50", "minutes_between")),
        (1, {"within_minutes": 9}, ("waits = true", "within_minutes = 9")),
        (2, {"first_token_seconds": 1}, ("waits = false", "first_token_seconds = 1")),
        (2, {"waits": True, "window_hours": 6}, ("rows = 2000000", "waits = true")),
        (1, {"opens": 18, "closes": 8}, ("opens = 18", "closes = 8")),
        (7, {"outside_hours": "may-wait"}, ("outside_hours = may-wait", "got no hours")),
        (4, {"session_minutes": 9000}, ("sessions_per_week = 2", "more than a week has")),
        (4, {"longest_start_minutes": 2}, ("sessions_per_week", "longest_start_minutes = 2")),
        (
            1,
            {"outside_hours": "at-once", "longest_start_minutes": 20},
            ("outside_hours = at-once", "longest_start_minutes = 20"),
        ),
        (
            1,
            {"outside_hours": "nobody", "longest_start_minutes": 20},
            ("outside_hours = nobody", "longest_start_minutes = 20"),
        ),
        (5, {"within_minutes": None}, ("waits = false", "within_minutes, or rows")),
        (2, {"freshness_minutes": 5}, ("rows = 2000000", "freshness_minutes = 5")),
        (1, {"context": 1000}, ("context = 1000", "tokens_in + tokens_out = 1450")),
        (9, {"first_token_seconds": 1}, ("answer_seconds = 0.05", "first_token_seconds = 1")),
        (4, {"waits": False}, ("sessions_per_week = 2", "waits = false")),
        (5, {"requests_per_day": None, "requests_per_second": 1}, ("bursts_per_day = 3",)),
        (8, {"api_requests_per_second": 1}, ("api_requests_per_second = 1", "per_second = 5")),
        (7, {"bursts_per_day": 3}, ("waits = true", "bursts_per_day = 3", "at_once")),
        (7, {"longest_start_minutes": 15}, ("longest_start_minutes = 15", "may-wait")),
        (2, {"window_hours": 800}, ("window_hours = 800", "the 24.3 hours between two runs")),
        (5, {"bursts_per_day": 500}, ("bursts_per_day = 500", "requests_per_day = 400")),
        (1, {"api_requests_per_second": 0.1}, ("api_requests_per_second = 0.1", "0.416667")),
        (3, {"at_once": 11}, ("at_once = 11", "people = 10")),
        (7, {"at_once": 201}, ("at_once = 201", "the requests of a whole day")),
        (6, {"at_once": 5000}, ("at_once = 5000", "8.29 requests a second of 480 s at most")),
    ],
)
def test_both_statements_are_named(
    number: int, changed: dict[str, Any], both: tuple[str, ...]
) -> None:
    with pytest.raises(PlanError) as refused:
        scenario(number, **changed)
    for part in both:
        assert part in str(refused.value)


# Kinds of needs, each as a scenario with changes; values of the needs that count beside some alone.
KINDS: dict[str, tuple[int, dict[str, Any]]] = {
    "people": (1, {}),
    "a rate": (6, {"peak_factor": None}),
    "a day": (7, {}),
    "sessions": (4, {}),
    "rows": (2, {}),
    "bursts": (5, {}),
    "a queue": (5, {"bursts_per_day": None}),
}
VALUES = {
    "peak_factor": 2.0,
    "at_once": 3,
    "within_minutes": 60.0,
    "window_hours": 6.0,
    "runs_per_month": 30.0,
    "opens": 8,
    "days": "MON-FRI",
    "outside_hours": "may-wait",
    "api_requests_per_second": 100.0,
    "changes": "daily",
    "callers": 1,
    "freshness_minutes": 60.0,
    "features_in_memory": True,
    "longest_start_minutes": 15.0,
    "minutes_between": 3.0,
    "session_minutes": 30.0,
}
ACCEPTED = {
    "people": "peak_factor at_once opens days outside_hours api_requests_per_second changes "
    "callers features_in_memory longest_start_minutes minutes_between",
    "a rate": "peak_factor at_once api_requests_per_second changes callers features_in_memory",
    "a day": "peak_factor at_once api_requests_per_second changes callers features_in_memory",
    "sessions": "peak_factor at_once api_requests_per_second changes callers features_in_memory "
    "longest_start_minutes session_minutes",
    "rows": "window_hours runs_per_month",
    "bursts": "within_minutes api_requests_per_second",
    "a queue": "peak_factor within_minutes api_requests_per_second",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", VALUES)
def test_a_need_that_would_change_nothing_is_refused_by_name(kind: str, name: str) -> None:
    number, changed = KINDS[kind]
    table = {**changed, name: VALUES[name]}
    if name in ACCEPTED[kind].split():
        scenario(number, **table)
    else:
        with pytest.raises(PlanError, match=name):
            scenario(number, **table)


@pytest.mark.parametrize(
    ("number", "changed", "refused"),
    [
        (9, {"per_token_ms": 50}, "per_token_ms = 50.0: got it beside tokens_out = 1"),
        (7, {"days": "MON-FRI"}, "days = MON-FRI: got it beside no hours"),
        (5, {"changes": "daily"}, "changes = daily: got it beside waits = false"),
    ],
)
def test_what_it_is_idle_beside_is_named(
    number: int, changed: dict[str, Any], refused: str
) -> None:
    with pytest.raises(PlanError, match=refused):
        scenario(number, **changed)


def test_all_days_without_hours_are_around_the_clock() -> None:
    assert scenario(7, days="MON-SUN").days == "MON-SUN"
