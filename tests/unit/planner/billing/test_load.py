"""Loads of a stage."""

from __future__ import annotations

import pytest

from planner.billing.load import Traffic, loads
from planner.errors import PlanError
from stacks.config import load_stage
from tests.support.project import PROJECT


def test_prod_rests_at_its_minimum_and_peaks_at_its_maximum() -> None:
    idle, expected, peak = loads(load_stage("prod", PROJECT), Traffic(requests_per_hour=100))
    assert (idle.realtime, idle.asynchronous, idle.requests_per_hour) == (2, 0, 0)
    assert (expected.realtime, expected.requests_per_hour) == (2, 100)
    assert (peak.realtime, peak.asynchronous, peak.batch) == (4, 4, 4)
    assert peak.requests_per_hour == 20 * 3600


@pytest.mark.parametrize("requests", [-1, float("nan"), float("inf"), 1e12])
def test_absurd_numbers_are_refused(requests: float) -> None:
    with pytest.raises(PlanError, match="requests per hour: got"):
        Traffic(requests_per_hour=requests)


def test_a_stream_has_a_speed() -> None:
    with pytest.raises(PlanError, match="tokens per second: got 0"):
        Traffic(tokens_per_second=0)


def test_background_responses_keep_an_instance_unless_they_are_rare() -> None:
    prod = load_stage("prod", PROJECT)  # idle after 2,400 s
    often = loads(prod, Traffic(background_per_hour=2))[1]
    seldom = loads(prod, Traffic(background_per_hour=0.5))[1]
    assert often.asynchronous == 1
    assert seldom.asynchronous == pytest.approx(0.5 * (10.3 + 2400) / 3600)
    assert loads(prod, Traffic())[1].asynchronous == 0


def test_lines_are_answered_by_full_jobs() -> None:
    expected = loads(load_stage("prod", PROJECT), Traffic(lines_per_hour=6400))[1]
    assert expected.batch == pytest.approx(6400 * 10.3 / 64 / 3600)


def test_the_peak_has_every_instance_full_and_no_more_than_the_gateway_lets_through() -> None:
    peak = loads(load_stage("prod", PROJECT), Traffic())[2]
    assert peak.lines_per_hour == pytest.approx(4 * 64 * 3600 / 10.3)
    assert peak.background_per_hour == 20 * 3600


@pytest.mark.parametrize("traffic", [Traffic(background_per_hour=1), Traffic(lines_per_hour=1)])
def test_traffic_without_its_section_is_refused(traffic: Traffic) -> None:
    with pytest.raises(PlanError, match=r"per hour: got 1, and stage 'tiny' has no \["):
        loads(load_stage("tiny", PROJECT), traffic)


def test_no_more_is_expected_than_the_gateway_lets_through() -> None:
    prod = load_stage("prod", PROJECT)
    assert prod.api is not None
    slow = prod.model_copy(update={"api": prod.api.model_copy(update={"throttle_rate": 0.1})})
    assert loads(prod, Traffic())[1].requests_per_hour == 1000
    assert loads(slow, Traffic())[1].requests_per_hour == 360
    with pytest.raises(PlanError, match=r"got 72,001, and api\.throttle_rate = 20 lets 72,000"):
        loads(prod, Traffic(requests_per_hour=72_001))


def test_a_stage_that_nobody_asks_is_at_its_minimum() -> None:
    prod = load_stage("prod", PROJECT)
    assert prod.realtime is not None
    scaling = prod.realtime.autoscaling.model_copy(update={"min_instances": 1})
    low = prod.model_copy(
        update={"realtime": prod.realtime.model_copy(update={"autoscaling": scaling})}
    )
    asked, unasked = (loads(low, Traffic(requests_per_hour=each))[1] for each in (10, 0))
    assert (asked.realtime, unasked.realtime) == (2, 1)
