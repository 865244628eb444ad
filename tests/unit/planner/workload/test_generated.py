"""Made-up traffic: its rate, its shape over time, its seed."""

from __future__ import annotations

import numpy as np
import pytest

from planner.errors import PlanError
from planner.workload.generated import Traffic


@pytest.mark.parametrize("kind", ["poisson", "bursty", "diurnal"])
def test_made_up_traffic_has_its_rate_and_repeats_by_seed(kind: str) -> None:
    made = Traffic(kind=kind, rate=1, duration=86_400, seed=3)
    times = np.concatenate([chunk.times for chunk in made.arrivals()])
    again = np.concatenate([chunk.times for chunk in made.arrivals()])
    assert len(times) / 86_400 == pytest.approx(1, rel=0.05)
    assert np.array_equal(times, again)
    assert (np.diff(times) >= 0).all()


def test_bursty_traffic_is_burstier_than_poisson() -> None:
    def variation(kind: str) -> float:
        chunks = Traffic(kind=kind, rate=2, duration=40_000).arrivals()
        gaps = np.diff(np.concatenate([chunk.times for chunk in chunks]))
        return float(gaps.std() / gaps.mean())

    assert variation("poisson") == pytest.approx(1, abs=0.05)
    assert variation("bursty") == pytest.approx(4, abs=0.5)


def test_diurnal_traffic_sleeps_at_four_in_the_morning() -> None:
    chunks = Traffic(kind="diurnal", rate=2, duration=86_400).arrivals()
    hours = np.concatenate([chunk.times for chunk in chunks]) % 86_400 // 3600
    counts = np.bincount(hours.astype(int), minlength=24)
    assert counts[3:5].sum() * 5 < counts[15:17].sum()


@pytest.mark.parametrize(("kind", "rate"), [("steady", 1), ("poisson", 0)])
def test_impossible_traffic_is_named(kind: str, rate: float) -> None:
    with pytest.raises(PlanError, match="traffic: got"):
        Traffic(kind=kind, rate=rate, duration=60)
