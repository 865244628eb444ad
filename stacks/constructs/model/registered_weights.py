"""Weights of the version that the stage's parameter names.

docs/decisions/0181-one-parameter-one-writer.md
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from aws_cdk import Aws, CfnParameter, Fn, Stack
from aws_cdk import aws_iam as iam

from stacks.config import StageConfig
from stacks.constructs.model.weights import prefix_container, reading_below

PARAMETER = "ModelVersion"
"""Name of the template's parameter, whose value CloudFormation reads anew with every update."""


@dataclass(frozen=True, kw_only=True)
class RegisteredWeights:
    """A version's prefix or archive, wherever the parameter says.

    Attributes:
        bucket: name of the registry's bucket.
        package: ARN of the version.
        container: properties of a container definition that name the weights.
        archived: true for one object, which is read without a look at what is there.
    """

    bucket: str
    package: str
    container: dict[str, Any]
    archived: bool = False

    @classmethod
    def of(cls, config: StageConfig, *, stack: Stack, archived: bool = False) -> Self | None:
        """Return the version's weights, archived for batch transform; none without a registry."""
        if not config.model.registry:
            return None
        told = (
            "The version that serves: package ARN, S3 prefix, digest. Where it is missing, "
            "approve a version: docs/model-lifecycle.md"
        )
        parameter = version_parameter(stack, PARAMETER, config.version_parameter, told)
        package, uri, digest = (Fn.select(i, parameter.value_as_list) for i in range(3))
        bucket = config.registry_bucket(Aws.ACCOUNT_ID, Aws.REGION)
        if archived:
            archive = f"s3://{bucket}/models/{digest}.tar.gz"
            container: dict[str, Any] = {"model_data_url": archive}
        else:
            container = prefix_container(uri)
        return cls(bucket=bucket, package=package, container=container, archived=archived)

    @property
    def published(self) -> tuple[str, ...]:
        """No object: a push has brought the weights."""
        return ()

    def read_statements(self) -> list[iam.PolicyStatement]:
        """Allow reading all versions: while a rollout lasts, the old one may still scale out."""
        if self.archived:
            archives = f"arn:{Aws.PARTITION}:s3:::{self.bucket}/models/*.tar.gz"
            return [iam.PolicyStatement(actions=["s3:GetObject"], resources=[archives])]
        return reading_below(self.bucket, "models/")


def version_parameter(stack: Stack, name: str, source: str, description: str) -> CfnParameter:
    """Return a parameter of the template that reads a version from an SSM parameter."""
    return CfnParameter(
        stack,
        name,
        type="AWS::SSM::Parameter::Value<List<String>>",
        default=source,
        description=description,
    )
