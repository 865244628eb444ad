"""The traffic of a trace through a stage."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.traced import traced_traffic
from tests.support.project import PROJECT


def test_a_trace_gives_rates_latencies_and_instances(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECT)
    lines = [f"2026-01-05 00:{minute:02}:00,500,100" for minute in range(60)]
    trace = tmp_path / "trace.csv"
    trace.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n" + "\n".join(lines) + "\n")
    found = traced_traffic("prod", trace)
    assert found.requests_per_hour == pytest.approx(61, abs=2)
    assert found.tokens == 100
    assert found.instances == pytest.approx(2, abs=0.2)
    assert 20 < found.tokens_per_second < 80
