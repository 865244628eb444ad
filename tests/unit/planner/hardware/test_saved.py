"""Speeds in a file of one's own, written and read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.errors import PlanError
from planner.hardware.catalogue import gpu
from planner.hardware.roofline import estimate
from planner.hardware.saved import saved_speed, to_toml
from planner.models.known import known_model

MODEL = known_model("qwen3-8b")
SPEED = estimate(MODEL, gpu("L40S"))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "speeds.toml"
    path.write_text(to_toml(MODEL, "ml.g6e.xlarge", SPEED, "mean 1%"))
    found = saved_speed(path, MODEL, "ml.g6e.xlarge", SPEED)
    assert (found.prefill, found.step, found.measured) == (SPEED.prefill, SPEED.step, True)
    assert found.source.endswith("mean 1%")


def test_another_pair_is_refused_with_those_there_are(tmp_path: Path) -> None:
    path = tmp_path / "speeds.toml"
    path.write_text(to_toml(MODEL, "ml.g6e.xlarge", SPEED, "mean 1%"))
    with pytest.raises(PlanError, match=r"bytes on ml\.g6e\.xlarge; must have one of"):
        saved_speed(path, MODEL, "ml.g5.2xlarge", SPEED)


@pytest.mark.parametrize(
    "text", ["speed = 1", "[[speed]]\nx", "", "\x00", "[[speed]]\nprefill = 'fast'"]
)
def test_other_files_are_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "speeds.toml"
    path.write_text(text)
    with pytest.raises(PlanError, match=r"speeds\.toml"):
        saved_speed(path, MODEL, "ml.g6e.xlarge", SPEED)


def test_seconds_that_are_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "speeds.toml"
    text = to_toml(MODEL, "ml.g6e.xlarge", SPEED, "mean 1%")
    path.write_text(text.replace("sequence = ", "sequence = nan # "))
    with pytest.raises(PlanError, match="sequence: got nan; must be seconds, 0 or more"):
        saved_speed(path, MODEL, "ml.g6e.xlarge", SPEED)
