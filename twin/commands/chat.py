"""The command that talks to a deployed stage."""

from __future__ import annotations

import typer
from openai import OpenAIError

from twin.client.chat import chat as hold_conversation
from twin.commands.stages import PANEL, StageOption, stage_outputs
from twin.errors import as_user_error

app = typer.Typer()


@app.command(rich_help_panel=PANEL)
@as_user_error(OpenAIError)
def chat(stage: StageOption = "local") -> None:
    """Talk to a deployed stage."""
    hold_conversation(stage_outputs(stage))
