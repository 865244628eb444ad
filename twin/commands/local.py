"""Commands of the local stage, on a cloud on this machine: demo, up, down, status, logs, dev."""

from __future__ import annotations

from typing import Annotated, Final

import typer
from rich.markup import escape

from stacks.config import ConfigError
from twin.commands.options import StageOption
from twin.commands.stages import stage_config
from twin.errors import as_user_error
from twin.local import dev as local_dev
from twin.local.cloud import LocalCloud, LocalCloudError
from twin.local.deployment import STAGE, LocalDeployment
from twin.local.running import (
    forget_outputs,
    is_up,
    local_cloud,
    local_outputs,
    local_settings,
    not_running,
    others_up,
    outputs_file,
)
from twin.local.status import log_lines, show_status
from twin.progress import console, step

PANEL: Final = "On this machine"
"""The heading of these commands in `twin --help`."""

app = typer.Typer()


@app.command(rich_help_panel=PANEL)
@as_user_error(ConfigError)
def demo() -> None:
    """Deploy to a cloud on this machine, stream one answer, and leave nothing behind."""
    from openai import OpenAIError  # half a second, for which `up` does not wait

    from twin.local.demo import run_demo

    with as_user_error(OpenAIError):
        run_demo()


@app.command(rich_help_panel=PANEL)
def up(stage: StageOption = STAGE) -> None:
    """Deploy a stage to a cloud on this machine and keep it running."""
    stage_config(stage)  # a wrong name starts no cloud
    cloud = LocalCloud(local_settings())
    if cloud.process() is None:
        with step(f"Start the local cloud on {cloud.settings.origin}"):
            cloud.start()
    outputs = LocalDeployment(cloud, stage=stage).deploy()
    outputs.write(outputs_file(stage))
    if outputs.api_url is None:
        console.print(f"URL   {outputs.endpoint_url}")
        console.print("key   make one with `twin token`")
    else:
        console.print(f"API   {outputs.openai_base_url}")
        console.print(f"key   {outputs.api_key.get_secret_value()}")
    named = "" if stage == STAGE else f" STAGE={stage}"
    console.print(f"Talk to it with `make chat{named}`, stop it with `make down`.")


@app.command(rich_help_panel=PANEL)
@as_user_error(ConfigError)
def down(stage: StageOption = STAGE) -> None:
    """Stop the local cloud; a stage beside `local` alone goes where others run on."""
    if stage != STAGE and is_up(stage) and others_up(stage):
        LocalDeployment(local_cloud(), stage=stage).destroy()
        outputs_file(stage).unlink()
        return
    stopped = local_cloud().stop()
    forget_outputs()
    console.print("stopped" if stopped else "it was not running")


@app.command(rich_help_panel=PANEL)
def status(stage: StageOption = STAGE) -> None:
    """Show what runs in the local cloud, and where a stage answers."""
    outputs = local_outputs(stage) if is_up(stage) else None
    show_status(local_cloud(), outputs)
    if outputs is None:
        console.print(not_running(stage), soft_wrap=True)


@app.command(rich_help_panel=PANEL)
def logs(
    stage: Annotated[str | None, typer.Option(help="Of one stage; left out, of all.")] = None,
    *,
    follow: Annotated[bool, typer.Option(help="Go on as lines come.")] = False,
) -> None:
    """Print what functions and engines in the local cloud logged."""
    if local_cloud().process() is None:
        raise LocalCloudError(not_running(stage or STAGE))
    for line in log_lines(local_cloud(), stage, follow=follow):
        console.print(escape(line), soft_wrap=True)


@app.command(rich_help_panel=PANEL)
def dev(port: Annotated[int, typer.Option(help="Where the app listens.")] = 8000) -> None:
    """Serve the FastAPI app with reload against the running local stage."""
    local_outputs()
    raise typer.Exit(local_dev.serve(local_cloud(), port))
