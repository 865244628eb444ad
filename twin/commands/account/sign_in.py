"""Advice after a command of the CDK's that failed without credentials, which names no remedy."""

from __future__ import annotations

import typer
from botocore.exceptions import NoCredentialsError, NoRegionError

from doctor.aws_errors import aws_sentence
from twin.commands.stages import stage_session


def advise_to_sign_in(stage: str) -> None:
    """Print how to get a region or credentials, if this machine has none for a stage."""
    session = stage_session(stage)
    if not session.region_name:
        typer.echo(aws_sentence(NoRegionError()), err=True)
    elif session.get_credentials() is None:
        typer.echo(aws_sentence(NoCredentialsError()), err=True)
