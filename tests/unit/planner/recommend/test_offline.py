"""Sizes of what nobody waits for."""

from __future__ import annotations

from math import ceil

import pytest

from planner.recommend.demand import demand
from planner.recommend.offline import asynchronous, batch
from tests.support.needs import candidate, scenario


def test_rows_are_shared_among_instances_so_that_the_window_holds() -> None:
    nightly = scenario(2)
    option = batch(nightly, demand(nightly), candidate(nightly, "ml.g6e.xlarge"))
    assert (option.kind, option.most, option.misses) == ("batch", 3, ())
    half = scenario(2, window_hours=3)
    assert batch(half, demand(half), candidate(half, "ml.g6e.xlarge")).most > 4


def test_a_window_shorter_than_a_start_is_missed() -> None:
    rushed = scenario(2, window_hours=0.1)
    assert batch(rushed, demand(rushed), candidate(rushed, "ml.g6e.xlarge")).misses


def test_bursts_pay_for_starts_and_ends_of_each() -> None:
    uploads = scenario(5)
    on = candidate(uploads, "ml.g6e.xlarge")
    option = asynchronous(uploads, demand(uploads), on)
    assert (option.least, option.most) == (0, 1)
    ends = 30.4 * 3 * (564 + 900 + 720) / 3600
    assert option.hours > ends
    assert option.usd == pytest.approx(176, rel=0.02)


def test_a_result_that_comes_too_late_is_a_miss() -> None:
    rushed = scenario(5, within_minutes=10, requests_per_day=400_000)
    on = candidate(rushed, "ml.g6e.xlarge")
    (miss,) = asynchronous(rushed, demand(rushed), on).misses
    assert miss.name == "last result"


def test_who_wants_a_result_sooner_than_a_start_pays_for_instances_that_stay() -> None:
    rushed = scenario(5, within_minutes=5)
    option = asynchronous(rushed, demand(rushed), candidate(rushed, "ml.g6e.xlarge"))
    assert (option.least, option.most, option.misses) == (2, 2, ())
    assert option.hours == 2 * 730


def test_requests_that_come_one_by_one_are_no_burst() -> None:
    steady = scenario(5, bursts_per_day=None, requests_per_day=40_000)
    option = asynchronous(steady, demand(steady), candidate(steady, "ml.g6e.xlarge"))
    each = 3.68  # seconds of an instance, as in the bursts
    assert option.least == option.most == ceil(1.12 * 40_000 / 86_400 * each) == 2
    assert (option.hours, option.misses) == (2 * 730, ())


def test_an_endpoint_with_hours_rests_outside_of_them() -> None:
    steady = scenario(5, bursts_per_day=None, opens=8, closes=18, days="MON-FRI")
    option = asynchronous(steady, demand(steady), candidate(steady, "ml.g6e.xlarge"))
    assert (option.least, option.most) == (0, 1)
    assert option.hours == pytest.approx(21.75 * (10 + (564 + 900 + 720) / 3600))


def test_a_wait_little_longer_than_a_start_needs_no_more_instances() -> None:
    hours = {"opens": 8, "closes": 18, "days": "MON-FRI", "bursts_per_day": None}
    few, many = (
        asynchronous(wanted, demand(wanted), candidate(wanted, "ml.g6e.xlarge"))
        for wanted in (scenario(5, within_minutes=minutes, **hours) for minutes in (11, 60))
    )
    assert (few.most, few.hours, few.misses) == (many.most, many.hours, ())


def test_a_start_and_a_full_answer_are_waited_for_at_opening() -> None:
    hours = {"opens": 8, "closes": 18, "days": "MON-FRI", "bursts_per_day": None}
    rushed = scenario(5, within_minutes=10, **hours)
    (miss,) = asynchronous(rushed, demand(rushed), candidate(rushed, "ml.g6e.xlarge")).misses
    assert miss.name == "last result"
    assert miss.got == pytest.approx((564 + 15 * 3.68) / 60, rel=0.01)


def test_bursts_of_weekdays_have_all_of_a_days_requests() -> None:
    hours = {"opens": 8, "closes": 18, "days": "MON-FRI"}
    every, weekdays = (
        asynchronous(wanted, demand(wanted), candidate(wanted, "ml.g6e.xlarge"))
        for wanted in (scenario(5), scenario(5, **hours))
    )
    assert every.sums[1] == weekdays.sums[1]  # 133 requests at once
    assert weekdays.hours == pytest.approx(every.hours * 21.75 / (730 / 24))


def test_a_days_requests_that_may_take_a_day_are_one_job() -> None:
    daily = scenario(5, within_minutes=1440, opens=8, closes=18, days="MON-FRI")
    option = batch(daily, demand(daily), candidate(daily, "ml.g6e.xlarge"))
    assert "400 rows x" in option.sums[1]
    assert option.hours / 21.75 == pytest.approx(400 * 3.68 / 3600 + 564 / 3600, rel=0.01)


def test_the_sum_of_instances_that_stay_is_of_all_hours() -> None:
    rushed = scenario(5, within_minutes=5)
    option = asynchronous(rushed, demand(rushed), candidate(rushed, "ml.g6e.xlarge"))
    assert option.sums[2] == "2 x 730 h = 1460 h x 2.6054 = 3,804 USD"


def test_a_request_in_some_days_is_a_burst_in_some_days() -> None:
    rare = scenario(5, bursts_per_day=None, requests_per_day=0.5)
    option = asynchronous(rare, demand(rare), candidate(rare, "ml.g6e.xlarge"))
    assert option.hours == pytest.approx(0.5 * 730 / 24 * (564 + 900 + 720 + 3.68) / 3600, rel=0.01)
    assert option.sums[1].startswith("1 request at once")


def test_the_busiest_minutes_are_scaled_for_or_stood_ready_for() -> None:
    for minutes, least in ((60, 2), (5, 4)):
        peaky = {"requests_per_day": 40_000, "peak_factor": 2, "within_minutes": minutes}
        steady = scenario(5, bursts_per_day=None, **peaky)
        option = asynchronous(steady, demand(steady), candidate(steady, "ml.g6e.xlarge"))
        assert (option.least, option.most) == (least, 4)


def test_more_than_all_instances_can_do_is_a_miss() -> None:
    flood = scenario(5, bursts_per_day=None, requests_per_day=40_000_000)
    option = asynchronous(flood, demand(flood), candidate(flood, "ml.g6e.xlarge"))
    assert [miss.name for miss in option.misses] == ["instances"]


def test_a_burst_is_done_before_the_next() -> None:
    hourly = scenario(5, bursts_per_day=24, requests_per_day=40_000, within_minutes=600)
    option = asynchronous(hourly, demand(hourly), candidate(hourly, "ml.g6e.xlarge"))
    assert option.most * (3600 - 564) > 40_000 / 24 * 3.66


def test_a_request_that_runs_for_more_than_an_hour_is_a_miss() -> None:
    changed = {"model": "llama-3.3-70b", "evaluated": ["awq"], "within_minutes": 1000}
    endless = scenario(5, **changed, tokens_in=1000, tokens_out=120_000)
    option = asynchronous(endless, demand(endless), candidate(endless, "ml.g7e.2xlarge", "awq"))
    assert "one request" in [miss.name for miss in option.misses]
