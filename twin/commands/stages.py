"""The option that names a stage, and the outputs of the stage that was named."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from stacks.config import ConfigError, load_stage
from twin.environment import PROJECT
from twin.errors import as_user_error
from twin.local.deployment import STAGE
from twin.local.running import local_outputs
from twin.outputs import StageOutputs, read_outputs

StageOption: TypeAlias = Annotated[
    str, typer.Option("--stage", help="A file of config/, without .toml.")
]


PANEL: Final = "A deployed stage"
"""The heading in `twin --help` of commands that ask a deployed stage."""


@as_user_error(ConfigError, BotoCoreError, ClientError)
def stage_outputs(stage: str) -> StageOutputs:
    """Return a stage's outputs: the local one's from its file, another's from AWS.

    Raises:
        UserError: There is no such stage, it is not deployed, or AWS refuses the credentials.
    """
    if stage == STAGE:
        return local_outputs()
    config = load_stage(stage, PROJECT)
    return read_outputs(boto3.Session(region_name=config.project.region), config)
