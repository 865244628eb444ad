"""A plan's request, from the question to the cold start of its endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from planner.plan import PlanRequest, cold_start, question
from planner.question import ModelQuestion
from planner.simulator.outcome import Objective
from tests.support.stage_files import PROD, load


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path


def plan_request(**changes: Any) -> PlanRequest:
    fields: dict[str, Any] = {
        "generated": {"kind": "poisson", "rate": 1.0, "duration": 60.0},
        "asked": ModelQuestion(),
        "objective": Objective(),
    }
    return PlanRequest(**{**fields, **changes})


def test_a_stage_brings_its_cold_start(root: Path) -> None:
    cold = {"mode": "reject", "hold_seconds": 70, "max_held_requests": 7}
    stage = load(root, PROD, api__cold_start=cold)
    assert cold_start(plan_request(), stage) == stage.cold_start


def test_a_cold_start_that_is_asked_for_keeps_the_stages_limits(root: Path) -> None:
    cold = {"mode": "reject", "hold_seconds": 70}
    found = cold_start(plan_request(cold_start="hold"), load(root, PROD, api__cold_start=cold))
    assert (found.mode, found.hold_seconds) == ("hold", 70)


def test_a_question_is_told_with_its_trace(tmp_path: Path) -> None:
    told = question(plan_request(trace=tmp_path / "day.csv", policies=("book",)))
    assert told["traffic"] == {"trace": str(tmp_path / "day.csv")}
    assert told["policies"] == ["book"]
