"""Options under a trace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from planner.errors import PlanError
from planner.recommend.decide import recommend
from planner.recommend.needs import needs
from planner.recommend.simulated import read, simulated, traced
from planner.workload.trace import MONDAY, Arrivals

TABLE = {"model": "llama-3.1-8b", "waits": True}


def arrivals(rate: float = 3.0, count: int = 1200) -> list[Arrivals]:
    gaps = np.random.default_rng(0).exponential(1 / rate, count)
    return [Arrivals(MONDAY + np.cumsum(gaps), np.full(count, 800), np.full(count, 150))]


def test_sizes_and_rate_come_from_the_trace() -> None:
    found = needs(traced(TABLE, arrivals()))
    assert (found.tokens_in, found.tokens_out, found.longest) == (800, 150, 950)
    assert found.requests_per_second == pytest.approx(3, rel=0.1)


def test_sizes_beside_a_trace_are_refused() -> None:
    with pytest.raises(PlanError, match="tokens_in beside --trace: got both"):
        traced({**TABLE, "tokens_in": 5}, arrivals())


def test_the_fleet_is_the_simulators() -> None:
    trace = arrivals()
    wanted = needs(traced(TABLE, trace))
    found = recommend(wanted, refine=lambda options: simulated(wanted, options, trace))
    assert found.best.target is not None
    assert any(line.startswith("simulated: ") for line in found.best.sums)
    assert found.config is not None
    assert f"target = {found.best.target:g}" in found.config


def test_a_trace_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n2026-01-05 00:00:00,5,6\n")
    assert len(read(path)[0]) == 1
