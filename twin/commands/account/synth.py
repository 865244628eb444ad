"""Commands that have the CDK command line work on a stage, and look at nothing themselves."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from twin.cdk import run_cdk
from twin.commands.account import PANEL
from twin.commands.options import StageOption

CdkArguments: TypeAlias = Annotated[
    list[str] | None, typer.Argument(metavar="-- ARGUMENT", help="For the CDK command line.")
]

app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def synth(
    stage: StageOption,
    arguments: CdkArguments = None,
    *,
    validate: Annotated[
        bool, typer.Option("--validate", help="With CDK's own validator too, as a deployment.")
    ] = False,
) -> None:
    """Synthesize a stage's templates: no network, no credentials."""
    context = ("--context", f"stage={stage}")
    raise typer.Exit(run_cdk("synth", *context, *arguments or (), validate=validate))


@app.command(rich_help_panel=PANEL)
def bootstrap(stage: StageOption, arguments: CdkArguments = None) -> None:
    """Prepare the account and region of a stage for deployments; needed once."""
    status = run_cdk("bootstrap", "--context", f"stage={stage}", *arguments or ())
    if status:
        from twin.commands.account.sign_in import advise_to_sign_in

        advise_to_sign_in(stage)
    raise typer.Exit(status)
