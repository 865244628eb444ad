"""Closed loops, against arithmetic and against the simulator."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.hardware.latency import closed_loop
from planner.hardware.throughput import Speed
from tests.support.planner import closed_loop as simulated

SPEED = Speed(
    prefill=0.0003, step=0.03, sequence=0.0002, kv_token=0, slots=32, kv_tokens=10**9, measured=True
)


def test_a_lone_request_reads_its_prompt_then_decodes() -> None:
    found = closed_loop(SPEED, 1, 512, 256)
    assert found.first_token == pytest.approx(512 * 0.0003)
    assert found.end_to_end == pytest.approx(512 * 0.0003 + 255 * 0.0302)
    assert found.per_token == pytest.approx(0.0302)


def test_what_is_beyond_the_slots_waits() -> None:
    full, over = (closed_loop(SPEED, count, 512, 256).end_to_end for count in (32, 64))
    assert over == pytest.approx(2 * full)


def test_a_cached_prefix_is_not_read() -> None:
    cached = closed_loop(replace(SPEED, cached=1.0), 32, 512, 256)
    assert cached.end_to_end == pytest.approx(255 * (0.03 + 32 * 0.0002))


@pytest.mark.parametrize("concurrency", [1, 8, 32])
def test_the_simulator_agrees(concurrency: int) -> None:
    found = closed_loop(SPEED, concurrency, 512, 256).end_to_end
    assert simulated(SPEED, concurrency) == pytest.approx(found, rel=0.02)
