from __future__ import annotations

import time

import pytest

from localcloud.clock import Clock


def test_clock_starts_at_the_present_and_runs_faster() -> None:
    before = time.time()
    clock = Clock(60)
    shown, after = clock.now(), time.time()
    assert before <= shown <= before + 60 * (after - before)
    assert clock.real_seconds(60) == 1
    now = clock.now()
    assert clock.real(now + 60) - clock.real(now) == pytest.approx(1)
