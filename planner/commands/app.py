"""The group of commands that `twin` mounts as `twin plan`."""

from __future__ import annotations

import typer

from planner.commands import calibrate, cost, fit, recommend, simulate

app = typer.Typer(no_args_is_help=True, help="Decide before money is spent.")


@app.callback()
def plan() -> None:
    """Decide before money is spent."""


app.command("recommend")(recommend.recommend_deployment)
app.command("fit")(fit.fit_model)
app.command("simulate")(simulate.simulate_policies)
app.command("cost")(cost.price_stage)
app.command("calibrate")(calibrate.calibrate_speed)
