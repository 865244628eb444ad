"""A workflow on GitHub as AWS sees it: the tokens of its jobs, and the roles that they assume."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Literal

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from twin.local.deployment import LocalDeployment

REPOSITORY = "team@123456/twin@456789"


def add_workflow(checkout: Path, stage: str) -> None:
    """Have a stage deployed by a workflow too."""
    with (checkout / "config" / f"{stage}.toml").open("a") as config:
        config.write(f'\n[ci]\nrepository = "{REPOSITORY}"\n')


def job_session(
    deployment: LocalDeployment, role: Literal["Deploy", "Compare"], subject: str
) -> boto3.Session:
    """Return the session of a job that has assumed one of the stage's two roles.

    Args:
        deployment: The stage; it has been deployed with `add_workflow`.
        role: Which of them.
        subject: What the job's token is for, after the repository:
            https://docs.github.com/en/actions/reference/security/oidc
    """
    settings, stack = deployment.cloud.settings, deployment.config.stack_name("ci")
    origin = settings.origin
    stacks = deployment.cloud.session.client("cloudformation", endpoint_url=origin)
    (described,) = stacks.describe_stacks(StackName=stack)["Stacks"]
    arns = {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]}
    unsigned = Config(signature_version=UNSIGNED)
    region = settings.region
    sts = boto3.client("sts", endpoint_url=origin, region_name=region, config=unsigned)
    key = sts.assume_role_with_web_identity(
        RoleArn=arns[f"{role}RoleArn"], RoleSessionName="job", WebIdentityToken=_token(subject)
    )["Credentials"]
    return boto3.Session(
        key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"], region_name=region
    )


def _token(subject: str) -> str:
    claims = {
        "iss": "https://token.actions.githubusercontent.com",
        "aud": "sts.amazonaws.com",
        "sub": f"repo:{REPOSITORY}:{subject}",
    }
    parts = [{"alg": "RS256", "typ": "JWT"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
    return ".".join([*(part.rstrip("=") for part in encoded), "signature"])
