"""The command line `twin`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Final

import boto3
import typer
from openai import OpenAIError
from rich.markup import escape

from localcloud.settings import Settings
from stacks.config import ConfigError, load_stage
from twin.cdk import cdk_command
from twin.client import batch as batch_
from twin.client import chat as chat_
from twin.environment import LOCAL_DIR, PROJECT, inherited
from twin.local import demo as demo_
from twin.local import dev as dev_
from twin.local import status as status_
from twin.local.cloud import LocalCloud, LocalCloudError
from twin.local.deployment import STAGE, LocalDeployment
from twin.outputs import NotDeployedError, StageOutputs, read_outputs
from twin.progress import console, step
from twin.subprocesses import ProgramFailedError

OUTPUTS = LOCAL_DIR / "outputs.json"

app = typer.Typer(
    help="Serve a fine-tuned LLM on SageMaker, or on a cloud embedded on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Stage = Annotated[str, typer.Option(help="A file of config/, without .toml.")]


def _cloud() -> LocalCloud:
    return LocalCloud.running(Settings.from_environment())


@app.command()
def demo() -> None:
    """Deploy to a cloud on this machine, stream one answer, and leave nothing behind."""
    demo_.run_demo()


@app.command()
def up() -> None:
    """Deploy the stage `local` to a cloud on this machine and keep it running."""
    cloud = LocalCloud(Settings.from_environment())
    if cloud.process() is None:
        with step(f"Start the local cloud on {cloud.settings.origin}"):
            cloud.start()
    outputs = LocalDeployment(cloud).deploy()
    outputs.write(OUTPUTS)
    console.print(f"API   {outputs.openai_base_url}")
    console.print(f"key   {outputs.api_key.get_secret_value()}")
    console.print("Talk to it with `make chat`, stop it with `make down`.")


@app.command()
def down() -> None:
    """Stop the local cloud and everything it runs."""
    stopped = _cloud().stop()
    OUTPUTS.unlink(missing_ok=True)
    console.print("stopped" if stopped else "it was not running")


@app.command()
def status() -> None:
    """Show what of the local stage runs."""
    outputs = StageOutputs.read(OUTPUTS) if OUTPUTS.exists() else None
    status_.show_status(_cloud(), outputs)


@app.command()
def logs(*, follow: Annotated[bool, typer.Option(help="Go on as lines come.")] = False) -> None:
    """Print what functions and engines of the local stage logged."""
    for line in status_.log_lines(_cloud(), follow=follow):
        console.print(escape(line), soft_wrap=True)


@app.command()
def chat(stage: Stage = "local") -> None:
    """Talk to a deployed stage."""
    chat_.chat(_outputs(stage))


@app.command()
def outputs(stage: Stage = "local") -> None:
    """Print where a deployed stage answers, and its key, as JSON."""
    print(_outputs(stage).model_dump_json(indent=2))  # noqa: T201


@app.command()
def dev(port: Annotated[int, typer.Option(help="Where the app listens.")] = 8000) -> None:
    """Serve the FastAPI app with reload against the running local stage."""
    _local_outputs()
    raise typer.Exit(dev_.serve(_cloud(), port))


batch = typer.Typer(help="Work through files of requests, with no endpoint standing.")
app.add_typer(batch, name="batch", no_args_is_help=True)

InputFile = typer.Argument(exists=True, dir_okay=False, help="Requests, in OpenAI's JSON lines.")


@batch.command("run")
def run_batch(
    requests: Annotated[Path, InputFile],
    *,
    out: Annotated[Path, typer.Option(dir_okay=False, help="Where the answers go.")],
    errors: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Where requests without an answer go; beside --out."),
    ] = None,
    stage: Stage = "local",
) -> None:
    """Upload requests, follow the batch, download the answers; Ctrl-C cancels it."""
    raise typer.Exit(batch_.run_batch(_outputs(stage), requests, out, errors))


PASSED_ON: Final = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command(context_settings=PASSED_ON, add_help_option=False)
def plan(context: typer.Context) -> None:
    """Decide before money is spent: simulate, compare and search scaling policies."""
    # Plots and numbers take a second to import: only who plans waits for them.
    from planner.cli import app as planner

    planner(context.args, prog_name="twin plan")


@app.command(context_settings=PASSED_ON, add_help_option=False)
def cdk(context: typer.Context) -> None:
    """Run the pinned CDK command line with these arguments, on the Node installed beside it."""
    command = cdk_command(*context.args)
    raise typer.Exit(subprocess.call(command, cwd=PROJECT, env=inherited()))


def _outputs(stage: str) -> StageOutputs:
    """A stage's outputs: the local one's from its file, another's from AWS."""
    if stage == STAGE:
        return _local_outputs()
    config = load_stage(stage, PROJECT)
    return read_outputs(boto3.Session(region_name=config.project.region), config)


def _local_outputs() -> StageOutputs:
    if _cloud().process() is None or not OUTPUTS.exists():
        message = "the local stage is not running: start it with `make up`"
        raise LocalCloudError(message)
    return StageOutputs.read(OUTPUTS)


def main() -> None:
    """Run the command line; what a person can mend is one message, not a traceback."""
    try:
        app()
    except (
        batch_.BatchRunError,
        ConfigError,
        FileNotFoundError,
        LocalCloudError,
        NotDeployedError,
        OpenAIError,
        ProgramFailedError,
    ) as error:
        console.print(f"[red]error:[/red] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)
