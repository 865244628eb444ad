"""Commands of the planner, imported only when called."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group


class PlannerGroup(TyperGroup):
    """The planner's group of commands, empty until called."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - Typer's own
        """Fill the group with the planner's commands, then read the arguments."""
        from planner.commands.app import app as planner

        self.commands.update(get_group(planner).commands)
        return super().make_context(*arguments, **options)


app = typer.Typer(cls=PlannerGroup, no_args_is_help=True)


@app.callback()
def plan() -> None:
    """Decide before money is spent: recommend a deployment, fit, price and simulate it."""
