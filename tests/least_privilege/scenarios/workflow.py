"""Scenarios of a workflow on GitHub: a role that compares the templates, and one that deploys."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import boto3

from doctor.examination import examine
from doctor.surroundings import Surroundings
from lambda_api.rollouts.schemas import NO_SHADOW
from tests.least_privilege.world import World
from tests.support.model_versions import make
from tests.support.workflow import job_session
from twin.cdk import cdk_command
from twin.lifecycle.first_version import ensure_first_version
from twin.lifecycle.stage import ModelStage

_NO_HUB = "http://127.0.0.1:1"
"""A hub at which nobody listens; the stage's model is of the checkout."""


def comparing(world: World) -> None:
    """What a pull request's job does."""
    session = job_session(world.deployment, "Compare", "pull_request")
    said = _cdk(world, session, "diff", "--method=template")
    assert "There were no differences" in said, said


def deploying(world: World) -> None:
    """What a push to main does: doctor first, then the CDK command line."""
    deployment = world.deployment
    session = job_session(deployment, "Deploy", f"environment:{deployment.stage}")
    origin = world.cloud.settings.origin
    around = Surroundings(session, deployment.project, origin, _NO_HUB)
    denied = [one for one in examine(around, deployment.config) if one.outcome == "denied"]
    assert denied == []
    _cdk(world, session, "deploy", "--require-approval=never")


def finding(world: World) -> None:
    """What a push to main does before it deploys a stage with versions, after one that had none.

    A directory that is no version has it look at all of them.
    """
    deployment, ssm = world.deployment, world.aws("ssm")
    session = job_session(deployment, "Deploy", f"environment:{deployment.stage}")
    stage = ModelStage(deployment.config, session, world.cloud.settings.origin)
    name = str(deployment.config.shadow_parameter)
    ssm.delete_parameter(Name=name)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            make(Path(scratch) / "model_artifacts" / "demo", "changed since")
            ensure_first_version(stage, Path(scratch))
    finally:
        ssm.put_parameter(Name=name, Value=NO_SHADOW, Type="StringList", Overwrite=True)


def _cdk(world: World, session: boto3.Session, command: str, option: str) -> str:
    """Run the CDK command line on the stage's smallest stack, and return what it says.

    Raises:
        AssertionError: It fails.
    """
    key = session.get_credentials()
    assert key is not None
    deployment = world.deployment
    stack = deployment.config.stack_name("ci")
    environment = deployment.cloud.environment(
        CI="1",
        NO_COLOR="1",
        AWS_ACCESS_KEY_ID=key.access_key,
        AWS_SECRET_ACCESS_KEY=key.secret_key,
        AWS_SESSION_TOKEN=key.token,
    )
    done = subprocess.run(
        cdk_command(command, stack, option, "--app", deployment.assembly),
        env=environment,
        cwd=deployment.project,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said
