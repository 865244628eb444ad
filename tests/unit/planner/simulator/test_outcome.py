"""Latencies, errors and limits of an outcome."""

from __future__ import annotations

from dataclasses import replace

from planner.policies.presets import preset
from planner.simulator.outcome import Objective
from tests.support.planner import CERTAIN, play, steady


def test_sagemakers_limit_ends_requests() -> None:
    impatient = replace(CERTAIN, objective=Objective(limit=60))
    outcome = play(preset("fixed:1", 1), [steady(8, 300)], 1, impatient)
    assert outcome.errors["timed out"] > 100
    assert outcome.end_to_end[2] <= 61
