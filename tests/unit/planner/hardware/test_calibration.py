"""Fits to measurements, within bounds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.hardware.calibration import errors, fitted
from planner.hardware.latency import closed_loop
from planner.hardware.throughput import Speed
from planner.workload.runs import Point

GUESS = Speed(
    prefill=0.001, step=0.02, sequence=0.0, kv_token=1e-8, slots=32, kv_tokens=10**9, measured=False
)
TRUE = replace(GUESS, prefill=0.0005, step=0.04, sequence=0.0004)


def points(speed: Speed, *, timed: bool) -> list[Point]:
    found = []
    for level in (1, 4, 16, 32, 64):
        latency = closed_loop(speed, level, 512, 256)
        first = latency.first_token if timed else None
        found.append(Point(level, 512, 256, latency.end_to_end, first))
    return found


def test_timed_prompts_tell_prompt_and_sequence_apart() -> None:
    found = fitted(points(TRUE, timed=True), GUESS, 1e-6, "mine")
    assert found.prefill == pytest.approx(TRUE.prefill, rel=0.05)
    assert found.sequence == pytest.approx(TRUE.sequence, rel=0.1)
    assert (found.measured, found.source) == (True, "mine")


def test_untimed_load_counts_as_the_prompts_unless_the_peak_forbids_it() -> None:
    flat = replace(TRUE, sequence=0.0)
    found = fitted(points(flat, timed=False), GUESS, 1e-6, "mine")
    assert found.sequence == 0
    assert found.prefill == pytest.approx(flat.prefill, rel=0.05)
    bound = fitted(points(flat, timed=False), GUESS, 0.0008, "mine")
    assert bound.prefill == pytest.approx(0.0008)


def test_untimed_load_of_cached_prompts_counts_as_the_sequences() -> None:
    cached = replace(TRUE, cached=0.97)
    found = fitted(points(cached, timed=False), replace(GUESS, cached=0.97), 1e-6, "mine")
    assert found.prefill == pytest.approx(GUESS.prefill)
    assert max(map(abs, errors(points(cached, timed=False), found))) < 0.03
