"""An endpoint's own delays and instances."""

from __future__ import annotations

import pytest

from planner.policies.policy import ScalingPlan
from tests.support.planner import CERTAIN, play, steady


def test_an_instance_is_paid_for_until_it_goes_after_its_copy() -> None:
    traffic = [steady(0.5, 300), steady(0.001, 10, 3600)]
    plan = ScalingPlan(name="p", min_instances=0)
    hours = {
        served.idle_release: play(plan, traffic, 1, served).instance_hours
        for served in (CERTAIN, CERTAIN.with_copies())
    }
    assert hours[720] - hours[0] == pytest.approx(720 / 3600, rel=0.01)
