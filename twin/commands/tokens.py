"""The command that makes a token for a stage's endpoint, past the API."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from twin.client.bearer_token import LONGEST_SECONDS, bearer_token
from twin.commands.options import StageOption
from twin.commands.stages import PANEL, stage_endpoint_url, stage_session

_HOUR: Final = 3600

app = typer.Typer()

Hours = Annotated[
    int,
    typer.Option(min=1, max=LONGEST_SECONDS // _HOUR, help="Life; not beyond your credentials'."),
]


@app.command(rich_help_panel=PANEL)
def token(stage: StageOption = "local", *, hours: Hours = 12) -> None:
    """Print base URL and token of the endpoint itself, as variables for OpenAI's clients."""
    url = stage_endpoint_url(stage)
    made = bearer_token(stage_session(stage), hours * _HOUR)
    typer.echo(f"OPENAI_BASE_URL={url}\nOPENAI_API_KEY={made}")
