"""Commands that run the CDK command line on a stage, and the outputs of a deployed one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias

import typer

from twin.cdk import run_cdk
from twin.commands import stages
from twin.commands.account import PANEL
from twin.commands.account.doctor import look_first, tell_of_skipping
from twin.commands.account.removed_stacks import delete_removed_stacks
from twin.commands.account.sign_in import advise_to_sign_in
from twin.commands.account.synth import CdkArguments
from twin.commands.options import StageOption
from twin.commands.stages import stage_config, stage_outputs, stage_region
from twin.environment import PROJECT

PASSED_ON: Final = {"allow_extra_args": True, "ignore_unknown_options": True}

app = typer.Typer()

SkipDoctor: TypeAlias = Annotated[
    bool, typer.Option("--skip-doctor", help="Deploy without a look at the account.")
]


@app.command(rich_help_panel=PANEL)
def diff(stage: StageOption, arguments: CdkArguments = None) -> None:
    """Show the changes that a deployment of a stage would make, and their cost a month."""
    started = time.time()
    status = run_cdk("diff", "--context", f"stage={stage}", *arguments or ())
    if status == 0 and (told := _cost_change(stage, started)):
        typer.echo(told, err=True)
    if status:
        advise_to_sign_in(stage)
    raise typer.Exit(status)


def _cost_change(stage: str, started: float) -> str | None:
    from twin.cost import cost_change

    config = stage_config(stage)
    if config.project.package_platform == "host":  # a stage of the local cloud costs nothing
        return None
    prefix = config.endpoint_name
    return cost_change(prefix, stage_region(stage), PROJECT / "cdk.out", since=started)


@app.command(rich_help_panel=PANEL)
def deploy(
    stage: StageOption, arguments: CdkArguments = None, *, skip_doctor: SkipDoctor = False
) -> None:
    """Look at the account as `twin doctor` does, then deploy all stacks of a stage to it."""
    if skip_doctor:
        tell_of_skipping()
    else:
        look_first(stage)
    _prepare_registry(stage, arguments or ())
    context = ("--context", f"stage={stage}")
    raise typer.Exit(run_cdk("deploy", "--all", *context, *arguments or (), validate=True))


@app.command(rich_help_panel=PANEL)
def destroy(
    stage: StageOption,
    arguments: CdkArguments = None,
    removed: Annotated[
        list[str] | None,
        typer.Option(metavar="STACK", help="A stack with data that config no longer names."),
    ] = None,
) -> None:
    """Delete all stacks of a stage from the AWS account of your credentials."""
    status = run_cdk(
        "destroy", *_own_stacks(stage), "--context", f"stage={stage}", *arguments or ()
    )
    if status == 0:
        delete_removed_stacks(stage, removed or [])
    raise typer.Exit(status)


@app.command(rich_help_panel=stages.PANEL)
def outputs(stage: StageOption = "local") -> None:
    """Print where a deployed stage answers, and its key, as JSON."""
    typer.echo(stage_outputs(stage).model_dump_json(indent=2))


@app.command(context_settings=PASSED_ON, add_help_option=False, rich_help_panel=PANEL)
def cdk(context: typer.Context) -> None:
    """Run the pinned CDK command line with these arguments, on the Node installed beside it."""
    raise typer.Exit(run_cdk(*context.args, validate=True))


def _prepare_registry(stage: str, arguments: Sequence[str]) -> None:
    """Deploy registry and rollout, and see that there is a version to serve.

    Args:
        stage: The stage.
        arguments: Arguments of the CDK command line, such as whether it asks for approvals.
    """
    config = stage_config(stage)
    if not config.model.registry:
        return
    from twin.lifecycle.first_version import ensure_first_version

    stacks = [config.stack_name("rollout")]
    if config.model_registry.account is None:
        stacks.append(config.registry_stack)
    status = run_cdk("deploy", *stacks, "--context", f"stage={stage}", *arguments)
    if status:
        raise typer.Exit(status)
    ensure_first_version(stages.model_stage(stage), PROJECT)


def _own_stacks(stage: str) -> list[str]:
    """Return what selects a stage's stacks, without the registry, which others share."""
    config = stage_config(stage)
    return [f"{config.endpoint_name}-*"] if config.model.registry else ["--all"]
