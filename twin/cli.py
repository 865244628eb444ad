"""The command line `twin`: all groups of commands, and the end of a failed one."""

from __future__ import annotations

import sys
from typing import Any, Final, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_group

from twin.commands import plan
from twin.commands.account import synth
from twin.errors import UserError

USER_ERROR_STATUS: Final = 2
"""The exit status of a command that a person can mend, as for a wrong option."""


class RootGroup(TyperGroup):
    """The root of the commands: a plan and a synth do not wait for what the others import.

    The clients of AWS and of OpenAI take a second.
    """

    def make_context(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - Typer's own
        """Fill the group with the commands that the arguments may mean, then read them."""
        if not self.commands.keys() & arguments[1][:1]:
            self.commands = {**get_group(_others()).commands, **self.commands}
        return super().make_context(*arguments, **options)


app = typer.Typer(
    cls=RootGroup,
    help="Serve a fine-tuned LLM on SageMaker, or on a cloud embedded on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(synth.app)
app.add_typer(plan.app, name="plan", rich_help_panel="Before money is spent")


def _others() -> typer.Typer:
    """Return the commands beside the planner's, in the order of the help."""
    from twin.commands import batch, chat, features, local, model, tokens
    from twin.commands.account import deploy, doctor
    from twin.commands.stages import PANEL

    others = typer.Typer()
    others.add_typer(local.app)
    others.add_typer(doctor.app)
    others.add_typer(synth.app)
    others.add_typer(deploy.app)
    others.add_typer(chat.app)
    others.add_typer(tokens.app)
    others.add_typer(batch.app, name="batch", rich_help_panel=PANEL)
    others.add_typer(features.app, name="features", rich_help_panel=PANEL)
    others.add_typer(model.app, name="model", rich_help_panel=model.PANEL)
    return others


def main() -> None:
    """Run the command line; end with one message and status 2 at what a person can mend."""
    try:
        app()
    except UserError as error:
        _fail(str(error))
    except Exception as error:
        from doctor.aws_errors import AWS_ERRORS, aws_sentence

        if isinstance(error, AWS_ERRORS):
            _fail(f"{aws_sentence(error)}{_local_stage(error)}")
        raise


def _local_stage(error: Exception) -> str:
    from botocore.exceptions import NoCredentialsError

    # A stage that is to be found on both, such as tiny, is asked for on AWS unless it is up here.
    if isinstance(error, NoCredentialsError):
        return "; a stage of the cloud on this machine is started with `make up STAGE=...`"
    return ""


def _fail(message: str) -> NoReturn:
    typer.echo(f"{typer.style('error:', fg='red')} {message}", err=True)
    sys.exit(USER_ERROR_STATUS)
