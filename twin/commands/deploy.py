"""Commands that run the CDK command line on a stage, and the outputs of a deployed one."""

from __future__ import annotations

import subprocess
from typing import Annotated, Final, TypeAlias

import typer

from twin.cdk import cdk_command
from twin.commands import stages
from twin.commands.stages import StageOption, stage_outputs
from twin.commands.webhook_secret import check_webhook_secret
from twin.environment import PROJECT, inherited

PANEL: Final = "In an AWS account"
"""The heading of these commands in `twin --help`."""

PASSED_ON: Final = {"allow_extra_args": True, "ignore_unknown_options": True}

app = typer.Typer()

CdkArguments: TypeAlias = Annotated[
    list[str] | None, typer.Argument(metavar="-- ARGUMENT", help="For the CDK command line.")
]


@app.command(rich_help_panel=PANEL)
def synth(stage: StageOption, arguments: CdkArguments = None) -> None:
    """Synthesize a stage's templates: no network, no credentials."""
    _run_cdk("synth", "--context", f"stage={stage}", *arguments or ())


@app.command(rich_help_panel=PANEL)
def diff(stage: StageOption, arguments: CdkArguments = None) -> None:
    """Show the changes that a deployment of a stage would make."""
    _run_cdk("diff", "--context", f"stage={stage}", *arguments or ())


@app.command(rich_help_panel=PANEL)
def deploy(stage: StageOption, arguments: CdkArguments = None) -> None:
    """Deploy all stacks of a stage to the AWS account of your credentials."""
    check_webhook_secret(stage)
    _run_cdk("deploy", "--all", "--context", f"stage={stage}", *arguments or ())


@app.command(rich_help_panel=PANEL)
def destroy(stage: StageOption, arguments: CdkArguments = None) -> None:
    """Delete all stacks of a stage from the AWS account of your credentials."""
    _run_cdk("destroy", "--all", "--context", f"stage={stage}", *arguments or ())


@app.command(rich_help_panel=stages.PANEL)
def outputs(stage: StageOption = "local") -> None:
    """Print where a deployed stage answers, and its key, as JSON."""
    typer.echo(stage_outputs(stage).model_dump_json(indent=2))


@app.command(context_settings=PASSED_ON, add_help_option=False, rich_help_panel=PANEL)
def cdk(context: typer.Context) -> None:
    """Run the pinned CDK command line with these arguments, on the Node installed beside it."""
    _run_cdk(*context.args)


def _run_cdk(*arguments: str) -> None:
    command = cdk_command(*arguments)
    raise typer.Exit(subprocess.call(command, cwd=PROJECT, env=inherited()))
