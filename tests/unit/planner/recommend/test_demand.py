"""Demand out of needs."""

from __future__ import annotations

import pytest

from planner.recommend.demand import day_share, demand, open_hours, scheduled_hours
from tests.support.needs import scenario


def test_people_ask_in_office_hours() -> None:
    wanted = demand(scenario(1))
    assert wanted.rate == pytest.approx(50 / 120)
    assert wanted.hours == pytest.approx(217.5)
    assert wanted.requests == pytest.approx(wanted.rate * 217.5 * 3600)


def test_a_schedule_starts_a_quarter_of_an_hour_before() -> None:
    assert scheduled_hours(scenario(1)) == pytest.approx(10.25 * 5 * 4.35)
    assert open_hours(scenario(1)) == pytest.approx(10 * 5 * 4.35)
    assert scheduled_hours(scenario(7)) == 730


def test_a_days_requests_are_spread_over_its_hours() -> None:
    assert demand(scenario(7)).rate == pytest.approx(200 / 86_400)
    office = scenario(7, opens=6, closes=18)
    assert day_share(office) == 0.5
    assert demand(office).rate == pytest.approx(200 / 43_200)


def test_rows_and_sessions_are_counted_by_the_month() -> None:
    assert demand(scenario(2)).requests == 60_000_000
    assert demand(scenario(4)).hours == pytest.approx(2 * 4.35 / 2)
