"""The instances of an endpoint, and the hours paid for them."""

from __future__ import annotations

import pytest

from planner.policies.presets import preset
from tests.support.planner import play, steady


def test_a_fixed_fleet_is_paid_by_the_hour() -> None:
    plan = preset("fixed:3", 1)
    outcome = play(plan, [steady(1, 3600)], 3)
    assert outcome.instance_hours == pytest.approx(3, rel=0.001)
    assert outcome.usd == pytest.approx(3 * 1.515, rel=0.001)
