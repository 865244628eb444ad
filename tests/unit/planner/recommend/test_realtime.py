"""Sizes of real-time endpoints."""

from __future__ import annotations

import pytest

from planner.recommend.demand import demand
from planner.recommend.needs import Needs
from planner.recommend.option import Option
from planner.recommend.realtime import realtime, rests
from tests.support.needs import candidate, scenario


def sized(wanted: Needs, instance: str, weights: str = "bf16") -> Option:
    return realtime(wanted, demand(wanted), candidate(wanted, instance, weights))


def test_office_hours_are_paid_for_with_a_quarter_of_an_hour_before() -> None:
    chat = sized(scenario(1), "ml.g5.2xlarge")
    assert chat.misses == ()
    assert chat.usd == pytest.approx(338, rel=0.01)
    assert rests(scenario(1)) == "outside of the hours"


def test_a_gpu_with_too_little_bandwidth_misses_the_time_per_token() -> None:
    (miss,) = sized(scenario(1), "ml.g6.2xlarge").misses
    assert miss.sentence.startswith("per token 60")


def test_more_requests_take_more_instances() -> None:
    few, many = (
        sized(scenario(6, requests_per_second=rate), "ml.g6e.xlarge") for rate in (2.0, 40.0)
    )
    assert few.least == 2  # one may fail
    assert many.least > 5


def test_sessions_pay_for_starts_and_ends() -> None:
    demo = sized(scenario(4), "ml.g5.xlarge", "awq")
    assert (demo.most, demo.usd) == (1, pytest.approx(13.6, rel=0.02))


def test_a_start_that_was_measured_elsewhere_must_have_room_for_its_spread() -> None:
    (miss,) = sized(scenario(4), "ml.g6.xlarge", "awq").misses
    assert "10.5 min > 10 min" in miss.sentence
    assert sized(scenario(4, longest_start_minutes=15), "ml.g6.xlarge", "awq").misses == ()


def test_the_most_at_once_must_fit_the_cache() -> None:
    (miss,) = sized(scenario(3, at_once=9), "ml.g7e.2xlarge", "awq").misses
    assert miss.name == "9 requests at once"


def test_one_caller_in_the_same_container_has_no_network_between() -> None:
    assert sized(scenario(9), "ml.g6.xlarge").misses == ()
    apart = sized(scenario(9, callers=2), "ml.g6.xlarge")
    assert [miss.name for miss in apart.misses] == ["whole answer"]
