"""The reads by which `twin doctor` looks at an account; the workflow's deploying role has them.

Doctor calls nothing else: tests/localcloud/doctor/test_examination.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from stacks.adapter_layers import ENGINE, FUNCTIONS, layer_arn
from stacks.config import StageConfig

BOOTSTRAP_VERSION: Final = "/cdk-bootstrap/hnb659fds/version"
"""Parameter that holds the version of CDK's bootstrap, of the default qualifier."""

SCALING_SERVICE: Final = "sagemaker.application-autoscaling.amazonaws.com"
SCALING_ROLE: Final = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
"""Service-linked role that scales endpoints:
https://docs.aws.amazon.com/autoscaling/application/userguide/services-that-can-integrate-sagemaker.html
"""

CONDITIONS: Final = {
    "kms:Decrypt": {"StringEquals": {"kms:ViaService": "secretsmanager.{region}.{suffix}"}},
}
"""Conditions on actions: a secret's key decrypts for Secrets Manager, and nothing else."""

_ALL: Final = "*"
# Actions that know no resource, or are asked about all of them.
_OF_THE_ACCOUNT: Final = (
    "cloudformation:DescribeStacks",
    "cloudformation:ListStacks",
    "lambda:GetAccountSettings",
    "servicequotas:ListAWSDefaultServiceQuotas",
    "servicequotas:ListServiceQuotas",
)


def account_reads(config: StageConfig) -> dict[str, tuple[str, ...]]:
    """Return the resources that each action is needed on, for one stage.

    Resources are ARNs with `{partition}`, `{region}` and `{account}` left open.
    """
    own = "arn:{partition}:"
    # IAM knows a role's path only while there is the role.
    paths = (f"role/aws-service-role/{SCALING_SERVICE}/", "role/")
    roles = tuple(f"{own}iam::{{account}}:{path}{SCALING_ROLE}" for path in paths)
    repositories = {f"{own}ecr:{{region}}:*:repository/{i.repository}" for i in config.images}
    # A monolith has no image, and a statement without a resource is refused.
    images = {"ecr:BatchGetImage": tuple(sorted(repositories))} if repositories else {}
    return {
        **dict.fromkeys(_OF_THE_ACCOUNT, (_ALL,)),
        **images,
        "iam:GetRole": roles,
        "ssm:GetParameter": tuple(
            f"{own}ssm:{{region}}:{{account}}:parameter{name}" for name in _parameters(config)
        ),
        **dict(_where_needed(config)),
        **dict(_of_the_registry(config) if config.model.registry else ()),
    }


def _parameters(config: StageConfig) -> Iterator[str]:
    yield BOOTSTRAP_VERSION
    if config.model.registry:
        yield config.version_parameter
    if config.shadow_parameter is not None:
        yield config.shadow_parameter


def _where_needed(config: StageConfig) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the reads that some stages need."""
    if config.api is not None and config.project.package_platform == "aws":
        streaming = ENGINE if config.monolith else FUNCTIONS
        layer = layer_arn(streaming, partition="{partition}", region="{region}")
        yield "lambda:GetLayerVersion", (layer,)
    if config.scales_to_zero:
        yield "sagemaker:ListInferenceComponents", (_ALL,)
        endpoint = (
            f"arn:{{partition}}:sagemaker:{{region}}:{{account}}:endpoint/{config.endpoint_name}"
        )
        yield "sagemaker:DescribeEndpoint", (endpoint,)
    if config.model.s3 is not None:
        place = urlsplit(config.model.s3)
        yield "s3:ListBucket", (f"arn:{{partition}}:s3:::{place.netloc}",)
    places = [config.model.s3, config.batch.model_archive if config.batch else None]
    if objects := tuple(_objects(place) for place in places if place is not None):
        yield "s3:GetObject", objects
    webhook = config.asynchronous.webhook if config.asynchronous else None
    if webhook is not None:
        # Secrets Manager adds a dash and six characters of its own.
        secret = f"secretsmanager:{{region}}:{{account}}:secret:{webhook.secret_name}-??????"
        for action in ("DescribeSecret", "GetSecretValue"):
            yield f"secretsmanager:{action}", (f"arn:{{partition}}:{secret}",)
        if webhook.key_arn is not None:
            yield "kms:DescribeKey", (webhook.key_arn,)
            yield "kms:Decrypt", (webhook.key_arn,)


def _of_the_registry(config: StageConfig) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the reads of the version that serves, and of the stacks that it serves in."""
    own = "arn:{partition}:"
    owner, group = config.model_registry.account or "{account}", config.model_registry.group or ""
    versions = f"{own}sagemaker:{{region}}:{owner}:model-package/{group}/*"
    stack = f"{own}cloudformation:{{region}}:{{account}}:stack/{config.model_stacks[0]}/*"
    yield "cloudformation:DescribeStackEvents", (stack,)
    yield "sagemaker:DescribeModelPackage", (versions,)


def _objects(uri: str) -> str:
    """Return the ARN of an object, or of all objects below a prefix."""
    place = urlsplit(uri)
    return f"arn:{{partition}}:s3:::{place.netloc}{place.path}{'*' if uri.endswith('/') else ''}"
