"""The option that names a stage, and the outputs of the stage that was named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import boto3

from stacks.config import ConfigError, StageConfig, load_stage
from twin.environment import PROJECT, deploying_region
from twin.errors import UserError, as_user_error
from twin.local.deployment import STAGE
from twin.local.running import is_up, local_cloud, local_outputs
from twin.outputs import StageOutputs, endpoint_url, read_outputs, stack_outputs

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

    from twin.lifecycle.stage import ModelStage

PANEL: Final = "A deployed stage"
"""The heading in `twin --help` of commands that ask a deployed stage."""


@as_user_error(ConfigError)
def stage_config(stage: str) -> StageConfig:
    """Return a stage's config, of a file in this checkout.

    Raises:
        UserError: There is no such stage, or its file is refused.
    """
    return load_stage(stage, PROJECT)


def is_local(stage: str) -> bool:
    """Return True if a stage is asked for in the local cloud.

    Such are `local`, each that `up` has named, and each whose functions are built for this machine,
    which AWS cannot run.

    Raises:
        UserError: There is no such stage.
    """
    if stage == STAGE or is_up(stage):
        return True
    return stage_config(stage).project.package_platform == "host"


def stage_origin(stage: str) -> str | None:
    """Return the local cloud's origin if a stage is there; None on AWS.

    Raises:
        UserError: There is no such stage, or the local one does not run.
    """
    return local_outputs(stage).aws_endpoint_url if is_local(stage) else None


def stage_region(stage: str) -> str | None:
    """Return the region that a stage is deployed to on AWS; None if it is not known.

    Raises:
        UserError: There is no such stage.
    """
    return stage_config(stage).project.region or deploying_region()


def stage_session(stage: str) -> boto3.Session:
    """Return the session that reaches a stage: the local cloud's, or one of your credentials.

    Raises:
        UserError: There is no such stage.
    """
    if is_local(stage):
        return local_cloud().session
    return boto3.Session(region_name=stage_region(stage))


def stage_endpoint_url(stage: str) -> str:
    """Return the `base_url` of SageMaker's OpenAI path to a stage; AWS is not asked.

    Raises:
        UserError: There is no such stage, or the local one does not run.
        NoRegionError: The region of the stage is not known.
    """
    if is_local(stage):
        url = local_outputs(stage).endpoint_url
    else:
        config = stage_config(stage)
        url = endpoint_url(stage_session(stage), config) if config.realtime else ""
    if not url:
        raise UserError(f"stage: got {stage!r}, a monolith; must be one with an endpoint")
    return url


def stage_outputs(stage: str) -> StageOutputs:
    """Return a stage's outputs: from their file in the local cloud, another's from AWS.

    Raises:
        UserError: There is no such stage, or it is not deployed.
        BotoCoreError, ClientError: AWS cannot be asked, or refuses.
    """
    if is_local(stage):
        return local_outputs(stage)
    return read_outputs(stage_session(stage), stage_config(stage))


def models_bucket(stage: str) -> tuple[S3Client, str]:
    """Return a client for a stage's bucket of models, and the bucket's name.

    That is the registry's or, without one, the bucket to which `cdk deploy` brings
    `model.artifacts`: https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html

    Raises:
        UserError: There is no such stage, or its account is not bootstrapped.
        BotoCoreError, ClientError: AWS cannot be asked, or refuses.
    """
    config, session, origin = _opened(stage)
    if config.model.registry:
        opened = model_stage(stage)
        return opened.client("s3"), opened.bucket_name
    outputs = stack_outputs(session, origin, "CDKToolkit")
    return session.client("s3", endpoint_url=origin), outputs["BucketName"]


def model_stage(stage: str) -> ModelStage:
    """Return a stage with a model registry.

    Raises:
        UserError: There is no such stage, or it has no registry.
    """
    from twin.lifecycle.stage import ModelStage

    return ModelStage(*_opened(stage))


def _opened(stage: str) -> tuple[StageConfig, boto3.Session, str | None]:
    """Return a stage's config, credentials, and the local cloud's origin if that runs the stage."""
    return stage_config(stage), stage_session(stage), stage_origin(stage)
