"""Latencies and counts over time, in memory that does not grow."""

from __future__ import annotations

import numpy as np
import pytest

from planner.simulator.timeline import BINS, Histogram, Timeline


def test_quantiles_are_exact_to_a_hundredth() -> None:
    counts = Histogram()
    counts.add(np.arange(1, 10_001) / 1000)
    assert counts.quantile(0.5) == pytest.approx(5.0, rel=0.01)
    assert counts.quantile(0.99) == pytest.approx(9.9, rel=0.01)


def test_a_timeline_folds_instead_of_growing() -> None:
    line = Timeline(start=0)
    for hour in range(100):
        times = np.array([3600.0 * hour])
        line.add(times, np.array([1.0]), np.array([True]))
    assert len(line.requests) == BINS
    assert (line.width, line.requests.sum(), line.within.sum()) == (480.0, 100, 100)
