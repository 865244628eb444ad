"""Commands that have the CDK command line work on a stage, and look at nothing themselves."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from twin.cdk import run_cdk
from twin.commands.account import PANEL
from twin.commands.options import StageOption


def _without_profile(arguments: list[str] | None) -> list[str] | None:
    """Refuse a profile that the CDK command line alone would take."""
    for argument in arguments or ():
        if argument.partition("=")[0] == "--profile":
            told = f"got {argument}; must be AWS_PROFILE, which every look at the account follows"
            raise typer.BadParameter(told)
    return arguments


CdkArguments: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="-- ARGUMENT", help="For the CDK command line.", callback=_without_profile
    ),
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
