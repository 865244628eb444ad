"""Demands of one section on another, each a sentence: the key, the value, what is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from stacks.config.combinations.adapters import adapter_problems
from stacks.config.combinations.api import api_problems
from stacks.config.combinations.batch import batch_problems
from stacks.config.combinations.budget import budget_problems
from stacks.config.combinations.engine import engine_notes, engine_problems
from stacks.config.combinations.load import load_problems, metric_problems
from stacks.config.combinations.region import region_problems
from stacks.config.combinations.registry import registry_problems
from stacks.config.combinations.source import source_problems
from stacks.config.combinations.topology import cache_bytes, monolith_problems, place_problems
from stacks.config.sections import StageSections

__all__ = ["cache_bytes", "engine_notes", "problems"]


def problems(stage: StageSections, root: Path, region: str | None) -> Iterator[str]:
    """Say what does not fit together in a stage.

    Args:
        stage: the stage.
        root: the project's root directory, where local artifacts lie.
        region: region of the deploying credentials, for a stage that names none.
    """
    if placeless := [*place_problems(stage)]:
        yield from placeless
        return
    yield from monolith_problems(stage, root)
    yield from engine_problems(stage)
    yield from source_problems(stage, root)
    yield from adapter_problems(stage, root)
    yield from batch_problems(stage)
    yield from registry_problems(stage)
    yield from api_problems(stage)
    yield from budget_problems(stage)
    yield from load_problems(stage)
    yield from metric_problems(stage)
    yield from region_problems(stage, stage.project.region or region)
