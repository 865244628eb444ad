"""Outcomes as a table and as a page."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from planner.policies.presets import preset
from planner.report.tables import rows, table, write
from planner.simulator.outcome import Objective, Outcome
from tests.support.planner import play, steady


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return [play(preset(f"fixed:{count}", 1), [steady(1, 120)], count) for count in (1, 2)]


def test_every_policy_has_its_column(outcomes: list[Outcome]) -> None:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(table(outcomes))
    header, *_ = [line for line in captured.get().splitlines() if "policy" in line]
    assert header.index("fixed:1") < header.index("fixed:2")


def test_rows_that_would_be_zero_everywhere_are_left_out(outcomes: list[Outcome]) -> None:
    labels = [label for label, _ in rows(outcomes)]
    assert labels[0] == "within SLO"
    assert not [label for label in labels if label.startswith("errors: ") or "later" in label]


def test_numbers_are_those_of_the_outcome(outcomes: list[Outcome]) -> None:
    shown = dict(rows(outcomes))
    assert shown["USD"] == [f"{outcome.usd:.2f}" for outcome in outcomes]
    assert shown["per token p50 (ms)"][0] == f"{1000 * outcomes[0].per_token[0]:.3g}"


def test_a_page_escapes_what_it_is_given(outcomes: list[Outcome], tmp_path: Path) -> None:
    path = write(
        tmp_path / "new", outcomes, Objective(), summary="<b>5 & 6", share=0.99, config="a = '<'"
    )
    page = path.read_text(encoding="utf-8")
    assert "<p>&lt;b&gt;5 &amp; 6</p>" in page
    assert "<pre>a = &#x27;&lt;&#x27;</pre>" in page
    assert (tmp_path / "new" / "simulation.png").is_file()
