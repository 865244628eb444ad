"""The command that talks to a deployed stage."""

from __future__ import annotations

from typing import Annotated

import typer

from twin.commands.options import StageOption
from twin.commands.stages import PANEL, stage_outputs, stage_session
from twin.errors import as_user_error

app = typer.Typer()

Direct = Annotated[bool, typer.Option("--direct", help="Past the API, on SageMaker's own path.")]


@app.command(rich_help_panel=PANEL)
def chat(stage: StageOption = "local", *, direct: Direct = False) -> None:
    """Talk to a deployed stage."""
    from openai import OpenAIError  # half a second, for which `up` does not wait

    from twin.client.chat import chat as hold_conversation
    from twin.client.conversation import reach

    with as_user_error(OpenAIError):
        hold_conversation(*reach(stage_outputs(stage), stage_session(stage), direct=direct))
