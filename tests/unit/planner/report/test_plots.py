"""Pictures of outcomes: PNG files, the same bytes for the same outcome."""

from __future__ import annotations

import struct

import pytest

from planner.policies.presets import preset
from planner.report.plots import timeline_png, trade_off_png
from planner.simulator.outcome import Objective, Outcome
from tests.support.planner import play, steady


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return [play(preset(f"fixed:{count}", 1), [steady(1, 120)], count) for count in (1, 2)]


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_a_timeline_and_a_trade_off_are_drawn(outcomes: list[Outcome]) -> None:
    assert size(timeline_png(outcomes, Objective())) == (900, 700)
    assert size(trade_off_png(outcomes, 0.99)) == (700, 420)


def test_the_same_outcome_makes_the_same_picture(outcomes: list[Outcome]) -> None:
    assert trade_off_png(outcomes, 0.99) == trade_off_png(outcomes, 0.99)
    assert trade_off_png(outcomes, 0.99) != trade_off_png(outcomes[:1], 0.99)
