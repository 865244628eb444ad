"""A first look at traffic, against arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from planner.errors import PlanError
from planner.hardware.demand import survey
from planner.hardware.throughput import Speed
from planner.workload.trace import Arrivals

SPEED = Speed(
    prefill=0.001, step=0.02, sequence=0.01, kv_token=0, slots=2, kv_tokens=1000, measured=False
)


def arrivals(*times: float) -> Arrivals:
    count = np.ones(len(times), dtype=np.int64)
    return Arrivals(np.array(times), 100 * count, 11 * count)


def test_means_and_minutes_are_counted_over_all_chunks() -> None:
    seen = survey([arrivals(60.0, 90.0, 125.0), arrivals(250.0)], SPEED)
    assert (seen.start, seen.end, seen.requests) == (60.0, 250.0, 4)
    assert (seen.context, seen.generated) == (100, 11)
    assert seen.arrivals.tolist() == [2, 1, 0, 1]


def test_work_is_prefill_and_the_share_of_full_batches() -> None:
    # 100 x 1 ms, then 10 steps of which a batch of two makes each carry half.
    each = 0.1 + 10 * (0.02 / 2 + 0.01)
    seen = survey([arrivals(0.0, 1.0, 61.0)], SPEED)
    assert seen.work.tolist() == pytest.approx([2 * each, each])
    assert seen.most_requests_per_second == pytest.approx(1 / each)


def test_no_traffic_is_refused() -> None:
    with pytest.raises(PlanError, match="traffic: got no requests; must have at least one"):
        survey([], SPEED)
