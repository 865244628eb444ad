"""Demands of the budget on the place that a stage is deployed to."""

from __future__ import annotations

from collections.abc import Iterator

from stacks.config.sections import StageSections


def budget_problems(stage: StageSections) -> Iterator[str]:
    """Say why a stage of the local cloud has no budget: nothing costs anything there."""
    if stage.budget is not None and stage.project.package_platform == "host":
        yield (
            "budget: must be left out with project.package_platform = 'host': the local cloud "
            "costs nothing, and has no AWS Budgets"
        )
