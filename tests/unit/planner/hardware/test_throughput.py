"""The engine model, against the published tables."""

from __future__ import annotations

import pytest

from planner.hardware.catalogue import measurements, speed
from planner.hardware.throughput import CONCURRENCIES, SLOTS
from tests.support.planner import closed_loop


@pytest.mark.parametrize("row", measurements(), ids=lambda row: row["model"])
def test_the_fit_is_near_the_published_latencies(row: dict) -> None:
    """Up to the slots the points are fitted, within 9%; beyond they are predicted, within 13%."""
    engine = speed(row["model"], row["instance"])
    for concurrency, published in zip(CONCURRENCIES, row["seconds"], strict=True):
        tolerance = 0.09 if concurrency <= SLOTS else 0.13
        assert closed_loop(engine, concurrency) == pytest.approx(published, rel=tolerance)
