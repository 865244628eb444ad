"""A plan's request: the parts of a stage that decide its result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from planner.plan import PlanRequest, served_by
from planner.simulator.outcome import Objective
from tests.support.stage_files import PROD, load


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path


def plan_request(**changes: Any) -> PlanRequest:
    fields: dict[str, Any] = {
        "generated": {"kind": "poisson", "rate": 1.0, "duration": 60.0},
        "model": "llama-3.1-8b",
        "instance": "ml.g5.2xlarge",
        "objective": Objective(),
    }
    return PlanRequest(**{**fields, **changes})


def test_a_stage_brings_its_cold_start_and_its_engines_limits(root: Path) -> None:
    cold = {"mode": "reject", "hold_seconds": 70, "max_held_requests": 7}
    stage = load(root, PROD, api__cold_start=cold, model__max_concurrent_sequences=48)
    serving = served_by(plan_request(), stage)
    assert serving.cold_start == stage.cold_start
    assert serving.speed.slots == 48


def test_a_cold_start_that_is_asked_for_keeps_the_stages_limits(root: Path) -> None:
    cold = {"mode": "reject", "hold_seconds": 70}
    serving = served_by(plan_request(cold_start="hold"), load(root, PROD, api__cold_start=cold))
    assert (serving.cold_start.mode, serving.cold_start.hold_seconds) == ("hold", 70)
