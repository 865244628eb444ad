"""Measurements that the planner is held against: benchmarks/planner/rows.toml."""

from __future__ import annotations

import tomllib
from typing import Any

from tests.support.project import PROJECT

CACHED = 0.97
"""Share of a repeated prompt in the prefix cache: all but its last block."""

REQUESTS = 30
"""Requests that the benchmark sends at each level: no more are in flight."""


def rows(kind: str) -> list[dict[str, Any]]:
    text = (PROJECT / "benchmarks" / "planner" / "rows.toml").read_text()
    return tomllib.loads(text)[kind]
