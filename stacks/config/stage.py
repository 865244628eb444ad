"""One deployment stage: every section together, and what one section demands of another."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import ValidationInfo, model_validator

from stacks.config import combinations
from stacks.config.sections import StageSections


class StageConfig(StageSections):
    """A stage, as config/<stage>.toml describes it, whose sections fit together."""

    @property
    def notes(self) -> list[str]:
        """Sentences for whoever synthesizes: settings that work, but not as might be expected."""
        return list(dict.fromkeys(combinations.engine_notes(self)))

    @model_validator(mode="after")
    def _sections_fit(self, info: ValidationInfo) -> Self:
        problems = [*combinations.problems(self, *_surroundings(info))]
        if problems:
            raise ValueError("\n".join(dict.fromkeys(problems)))
        return self


def _surroundings(info: ValidationInfo) -> tuple[Path, str | None]:
    """Return the project's root directory, and the region of the deploying credentials."""
    context = info.context or {}
    return context.get("root", Path()), context.get("region")
