"""A result as a page of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.plan_result import PlanResult
from planner.policies.presets import preset
from planner.report.page import write
from planner.search.ceiling import Ceiling
from planner.simulator.outcome import Objective
from tests.support.planner import CERTAIN, play, steady


@pytest.fixture(scope="module")
def result() -> PlanResult:
    return PlanResult(
        model="<model>",
        instance="ml.g5.2xlarge",
        summary="<b>5 & 6",
        notes=["price: of <2026>"],
        provenance={},
        ceiling=Ceiling(0, ""),
        outcomes=[play(preset(f"fixed:{count}", 1), [steady(1, 120)], count) for count in (1, 2)],
        endpoint=CERTAIN,
        config="a = '<'",
    )


def test_a_page_escapes_what_it_is_given(result: PlanResult, tmp_path: Path) -> None:
    page = write(tmp_path / "new", result, Objective(), share=0.99).read_text(encoding="utf-8")
    assert "<p>&lt;b&gt;5 &amp; 6</p>" in page
    assert "<li>price: of &lt;2026&gt;</li>" in page
    assert "<pre>a = &#x27;&lt;&#x27;</pre>" in page
    assert (tmp_path / "new" / "simulation.png").is_file()


def test_a_page_says_what_is_assumed(result: PlanResult, tmp_path: Path) -> None:
    page = write(tmp_path, result, Objective(), share=0.99).read_text(encoding="utf-8")
    assert "<td>publication delay</td><td>40.0</td>" in page
    assert "<td>start of an instance median</td><td>258</td>" in page
