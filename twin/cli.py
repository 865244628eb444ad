"""The command line `twin`: all groups of commands, and the end of a failed one."""

from __future__ import annotations

import sys
from typing import Final

import typer

from twin.commands import batch, chat, deploy, local, plan
from twin.commands.stages import PANEL
from twin.errors import UserError

USER_ERROR_STATUS: Final = 2
"""The exit status of a command that a person can mend, as for a wrong option."""

app = typer.Typer(
    help="Serve a fine-tuned LLM on SageMaker, or on a cloud embedded on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(local.app)
app.add_typer(deploy.app)
app.add_typer(chat.app)
app.add_typer(batch.app, name="batch", rich_help_panel=PANEL)
app.add_typer(plan.app, name="plan", rich_help_panel="Before money is spent")


def main() -> None:
    """Run the command line; end with one message and status 2 at what a person can mend."""
    try:
        app()
    except UserError as error:
        typer.echo(f"{typer.style('error:', fg='red')} {error}", err=True)
        sys.exit(USER_ERROR_STATUS)
