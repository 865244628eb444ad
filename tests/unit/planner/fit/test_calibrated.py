"""Speeds fitted to a run, on a run that a known speed makes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.errors import PlanError
from planner.fit.calibrated import calibrated
from planner.hardware.catalogue import gpu
from planner.hardware.latency import closed_loop
from planner.hardware.roofline import estimate
from planner.models.known import known_model
from planner.workload.runs import Point

MODEL = known_model("qwen3-8b")
TRUE = replace(estimate(MODEL, gpu("L40S"), slots=256), prefill=0.0004, step=0.03, sequence=0.0003)


def run(*levels: int, timed: bool = True) -> list[Point]:
    found = []
    for level in levels:
        latency = closed_loop(TRUE, level, 512, 256)
        first = latency.first_token if timed else None
        found.append(Point(level, 512, 256, latency.end_to_end, first))
    return found


def test_a_timed_run_gives_back_what_made_it() -> None:
    found = calibrated(MODEL, "ml.g6e.xlarge", run(1, 4, 16, 32))
    assert found.speed.prefill == pytest.approx(TRUE.prefill, rel=0.1)
    assert found.speed.step == pytest.approx(TRUE.step, rel=0.05)
    assert max(map(abs, found.fitted)) < 0.02 < max(map(abs, found.estimated))
    assert "mean 0." in found.error
    assert found.document()["levels"][0]["concurrency"] == 1


def test_a_run_without_first_tokens_is_fitted_as_well() -> None:
    assert (
        max(map(abs, calibrated(MODEL, "ml.g6e.xlarge", run(1, 8, 32, timed=False)).fitted)) < 0.1
    )


def test_one_level_cannot_tell_the_load_apart() -> None:
    with pytest.raises(PlanError, match="got 1 of one concurrency; must be two or more"):
        calibrated(MODEL, "ml.g6e.xlarge", run(8))
