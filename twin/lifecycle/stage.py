"""A stage with a model registry, and clients of all that its versions live in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lambda_api.aws.lifecycle.ssm_parameter import SsmParameter
from lambda_api.rollouts.schemas import ServedVersion
from model_artifacts.publishing.s3 import ModelBucket
from model_artifacts.registry.sagemaker import ModelVersions
from stacks.config import StageConfig
from stacks.engines.instances import processor
from twin.errors import UserError
from twin.outputs import stack_outputs

if TYPE_CHECKING:
    import boto3

    from model_artifacts.registry.version import Version


@dataclass(frozen=True)
class ModelStage:
    """A stage, on AWS or in the local cloud: the calls are the same.

    Attributes:
        config: the stage.
        session: credentials and region.
        origin: the local cloud's origin; None on AWS.
    """

    config: StageConfig
    session: boto3.Session
    origin: str | None

    def __post_init__(self) -> None:
        if not self.config.model.registry:
            raise UserError(
                f"stage {self.config.stage}: has no model registry; must have registry = true in "
                "[model]: a version that is approved for another stage is not served here"
            )

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients are generated
        """Return the client of a service, where the stage is."""
        if service not in self._clients:
            self._clients[service] = self.session.client(service, endpoint_url=self.origin)  # type: ignore[call-overload]
        return self._clients[service]

    def connect(self) -> None:
        """Make the clients that a version needs; asks nobody, and takes half a second."""
        for service in ("cloudformation", "s3", "sagemaker", "ssm", "sts"):
            self.client(service)

    @cached_property
    def identity(self) -> dict[str, str]:
        """The caller, as AWS knows them: `Account` and `Arn`."""
        return dict(self.client("sts").get_caller_identity())

    @property
    def bucket_name(self) -> str:
        """Name of the bucket of versions."""
        return self.config.registry_bucket(self.identity["Account"], self.session.region_name)

    @property
    def bucket(self) -> ModelBucket:
        """The bucket of versions."""
        return ModelBucket(self.client("s3"), self.bucket_name)

    @cached_property
    def versions(self) -> ModelVersions:
        """The versions of the group."""
        group, account = self.config.model_registry.group or "", self.config.model_registry.account
        if account is not None:
            group = (
                f"arn:{self.session.get_partition_for_region(self.session.region_name)}:sagemaker:"
                f"{self.session.region_name}:{account}:model-package-group/{group}"
            )
        return ModelVersions(self.client("sagemaker"), group)

    @property
    def image(self) -> str:
        """Container image by which SageMaker's own tools deploy a version."""
        image = self.config.engine.image(processor(self.config.endpoint.instance_type))
        assert image is not None  # noqa: S101 - config allows no engine without an image
        region = self.session.region_name
        registry = f"{image.accounts[region]}.dkr.ecr.{region}.amazonaws.com"
        return f"{registry}/{image.repository}:{image.tag}"

    @cached_property
    def rollout(self) -> dict[str, str]:
        """Outputs of the rollout's stack."""
        return stack_outputs(self.session, self.origin, self.config.stack_name("rollout"))

    def served(self) -> str | None:
        """Return the value of the parameter that names the version; None before the first."""
        return SsmParameter(self.client("ssm"), self.config.version_parameter).get()

    def shadowed_by(self) -> str | None:
        """Return the value of the parameter that names a shadow; None where there cannot be one."""
        name = self.config.shadow_parameter
        return None if name is None else SsmParameter(self.client("ssm"), name).get()

    def to_serve(self, version: Version) -> ServedVersion:
        """Return a version as the parameter names it."""
        uri = f"s3://{self.bucket_name}/models/{version.digest}/"
        return ServedVersion(package=version.arn, uri=uri, digest=version.digest)
