"""Outcomes as a table and as a page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.console import Console

from planner.policies.presets import preset
from planner.report.tables import rows, table
from planner.simulator.outcome import Outcome
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


def test_many_policies_are_rows_within_80_columns(outcomes: list[Outcome]) -> None:
    many = [replace(outcomes[0], policy=f"policy:{number}") for number in range(6)]
    console = Console(width=80)
    with console.capture() as captured:
        console.print(table(many))
    shown = captured.get()
    assert all(f"policy:{number}" in shown for number in range(6))
    assert "…" not in shown
    assert f"{outcomes[0].usd:.2f}" in shown
