"""Commands that work through files of requests on a deployed stage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.commands.options import StageOption
from twin.commands.stages import stage_outputs
from twin.errors import as_user_error

app = typer.Typer(
    help="Work through files of requests, with no endpoint standing.", no_args_is_help=True
)

InputFile = typer.Argument(exists=True, dir_okay=False, help="Requests, in OpenAI's JSON lines.")


@app.callback()
def batch() -> None:
    """Work through files of requests, with no endpoint standing."""


@app.command()
def run(
    requests: Annotated[Path, InputFile],
    *,
    out: Annotated[Path, typer.Option(dir_okay=False, help="Where the answers go.")],
    errors: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Where requests without an answer go; beside --out."),
    ] = None,
    stage: StageOption = "local",
) -> None:
    """Upload requests, follow the batch, download the answers; Ctrl-C cancels it."""
    from openai import OpenAIError  # half a second, for which `up` does not wait

    from twin.client.batch import run_batch

    with as_user_error(OpenAIError):
        status = run_batch(stage_outputs(stage), requests, out, errors)
    raise typer.Exit(status)
