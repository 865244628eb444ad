"""Levels of a calibration for people."""

from __future__ import annotations

from planner.fit.calibrated import calibrated
from planner.models.known import known_model
from planner.report.levels import level_table
from planner.workload.runs import Point


def test_each_level_has_its_row() -> None:
    points = [Point(1, 512, 256, 8.0), Point(8, 512, 256, 9.0)]
    found = calibrated(known_model("qwen3-8b"), "ml.g6e.xlarge", points)
    table = level_table(found)
    assert table.row_count == 2
    assert [*table.columns[0].cells] == ["1", "8"]
