"""Needs of the ten scenarios that the planner is held to."""

from __future__ import annotations

import tomllib
from typing import Any

from planner.models.known import known_model
from planner.recommend.candidates import Candidate, candidates
from planner.recommend.needs import Needs, needs
from tests.support.project import PROJECT

SCENARIOS: list[dict[str, Any]] = tomllib.loads(
    (PROJECT / "benchmarks" / "planner" / "scenarios.toml").read_text(encoding="utf-8")
)["scenario"]


def scenario(number: int, **changed: Any) -> Needs:
    """Return the needs of a scenario, counted from 1, with some of them changed."""
    table = {**SCENARIOS[number - 1]["needs"], **changed}
    return needs({name: value for name, value in table.items() if value is not None})


def candidate(wanted: Needs, instance: str, weights: str = "bf16") -> Candidate:
    """Return a candidate for needs by its instance type and format."""
    use = "transform" if wanted.rows else "endpoint"
    found = candidates(wanted, known_model(wanted.model), use)
    return next(each for each in found if (each.instance, each.format) == (instance, weights))
