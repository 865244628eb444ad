"""Commands of the local stage, on a cloud on this machine: demo, up, down, status, logs, dev."""

from __future__ import annotations

from typing import Annotated, Final

import typer
from openai import OpenAIError
from rich.markup import escape

from stacks.config import ConfigError
from twin.errors import as_user_error
from twin.local import demo as local_demo
from twin.local import dev as local_dev
from twin.local.cloud import LocalCloud
from twin.local.deployment import LocalDeployment
from twin.local.running import OUTPUTS, local_cloud, local_outputs, local_settings
from twin.local.status import log_lines, show_status
from twin.outputs import StageOutputs
from twin.progress import console, step

PANEL: Final = "On this machine"
"""The heading of these commands in `twin --help`."""

app = typer.Typer()


@app.command(rich_help_panel=PANEL)
@as_user_error(ConfigError, OpenAIError)
def demo() -> None:
    """Deploy to a cloud on this machine, stream one answer, and leave nothing behind."""
    local_demo.run_demo()


@app.command(rich_help_panel=PANEL)
@as_user_error(ConfigError)
def up() -> None:
    """Deploy the stage `local` to a cloud on this machine and keep it running."""
    cloud = LocalCloud(local_settings())
    if cloud.process() is None:
        with step(f"Start the local cloud on {cloud.settings.origin}"):
            cloud.start()
    outputs = LocalDeployment(cloud).deploy()
    outputs.write(OUTPUTS)
    console.print(f"API   {outputs.openai_base_url}")
    console.print(f"key   {outputs.api_key.get_secret_value()}")
    console.print("Talk to it with `make chat`, stop it with `make down`.")


@app.command(rich_help_panel=PANEL)
def down() -> None:
    """Stop the local cloud and everything it runs."""
    stopped = local_cloud().stop()
    OUTPUTS.unlink(missing_ok=True)
    console.print("stopped" if stopped else "it was not running")


@app.command(rich_help_panel=PANEL)
def status() -> None:
    """Show what of the local stage runs."""
    outputs = StageOutputs.read(OUTPUTS) if OUTPUTS.exists() else None
    show_status(local_cloud(), outputs)


@app.command(rich_help_panel=PANEL)
def logs(*, follow: Annotated[bool, typer.Option(help="Go on as lines come.")] = False) -> None:
    """Print what functions and engines of the local stage logged."""
    for line in log_lines(local_cloud(), follow=follow):
        console.print(escape(line), soft_wrap=True)


@app.command(rich_help_panel=PANEL)
def dev(port: Annotated[int, typer.Option(help="Where the app listens.")] = 8000) -> None:
    """Serve the FastAPI app with reload against the running local stage."""
    local_outputs()
    raise typer.Exit(local_dev.serve(local_cloud(), port))
