"""Requests that meet a cold endpoint."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.policies.policy import ScalingPlan
from stacks.config import ColdStartConfig
from tests.support.planner import CERTAIN, play, steady


def test_a_cold_endpoint_holds_requests_until_it_is_warm() -> None:
    outcome = play(ScalingPlan(name="p", min_instances=0), [steady(0.02, 1200)], 0)
    assert (outcome.requests, sum(outcome.errors.values())) == (24, 0)
    assert outcome.first_token[2] == pytest.approx(564, abs=30)  # 9 min 24 s, as measured
    assert outcome.within == pytest.approx(0.5, abs=0.1)


def test_a_hold_has_its_limit() -> None:
    impatient = replace(CERTAIN, cold_start=ColdStartConfig(mode="hold", hold_seconds=300))
    outcome = play(ScalingPlan(name="p", min_instances=0), [steady(0.02, 1200)], 0, impatient)
    assert outcome.errors["no capacity"] == pytest.approx((564 - 300) * 0.02, abs=1.5)


def test_a_cold_endpoint_can_reject() -> None:
    rejecting = replace(CERTAIN, cold_start=ColdStartConfig(mode="reject"))
    outcome = play(ScalingPlan(name="p", min_instances=0), [steady(0.02, 1200)], 0, rejecting)
    assert outcome.errors["no capacity"] == pytest.approx(564 * 0.02, abs=1.5)


def test_only_so_many_are_held() -> None:
    crowded = replace(CERTAIN, cold_start=ColdStartConfig(mode="hold", max_held_requests=5))
    outcome = play(ScalingPlan(name="p", min_instances=0), [steady(0.02, 1200)], 0, crowded)
    assert outcome.errors["no capacity"] == pytest.approx(564 * 0.02 - 5, abs=1.5)


def test_a_cold_endpoint_can_put_requests_off() -> None:
    queueing = replace(CERTAIN, cold_start=ColdStartConfig(mode="queue"))
    outcome = play(ScalingPlan(name="p", min_instances=0), [steady(0.02, 1200)], 0, queueing)
    assert outcome.put_off == pytest.approx(564 * 0.02, abs=1.5)
    assert (outcome.requests, sum(outcome.errors.values())) == (24, 0)
