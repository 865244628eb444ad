"""The keys of every section that runs instances: type, disk and time to start."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from stacks.config.section import RetentionDays, Section
from stacks.engines import instances
from stacks.engines.instances import LOCAL_DISK_FAMILIES

Timeout = Annotated[int, Field(ge=60, le=3600)]
Cooldown = Annotated[int, Field(ge=0, le=3600)]
Count = Annotated[int, Field(ge=1, le=100)]


def _is_hosted(instance_type: str) -> str:
    instances.check_offered(instance_type, "endpoint")
    return instance_type


InstanceType = Annotated[str, AfterValidator(_is_hosted)]
"""A SageMaker instance type of a family that is known here, in a size of that family."""


class HostConfig(Section):
    """The hosts of an endpoint.

    Attributes:
        instance_type: SageMaker hosting instance type, such as ml.g6e.xlarge. Sets
            AWS::SageMaker::EndpointConfig.InstanceType.
        volume_gb: size of the instance's EBS volume in GB; left out for types with disks of their
            own, as all with a GPU are. Sets AWS::SageMaker::EndpointConfig.VolumeSizeInGB.
        health_check_timeout_seconds: longest time until a container answers /ping. Sets
            AWS::SageMaker::EndpointConfig.ContainerStartupHealthCheckTimeoutInSeconds.
        download_timeout_seconds: longest time until the weights have arrived from S3. Sets
            AWS::SageMaker::EndpointConfig.ModelDataDownloadTimeoutInSeconds.
        log_retention_days: days that the containers' logs are kept. Sets
            AWS::Logs::LogGroup.RetentionInDays.
    """

    instance_type: InstanceType
    volume_gb: Annotated[int, Field(ge=1, le=512)] | None = None
    health_check_timeout_seconds: Timeout = 600
    download_timeout_seconds: Timeout = 600
    log_retention_days: RetentionDays = 30

    @property
    def instance_types(self) -> tuple[str, ...]:
        """Every type an instance may be of, the preferred one first."""
        return (self.instance_type,)

    @property
    def variant_name(self) -> str:
        """Name of the variant, which follows the instance types: other types are another variant.

        SageMaker refuses to change the types of a variant that is registered for scaling:
        https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
        """
        preferred, *fallbacks = self.instance_types
        name = preferred.removeprefix("ml.").replace(".", "-")
        if not fallbacks:
            return name
        return f"{name}-{hashlib.sha256(' '.join(fallbacks).encode()).hexdigest()[:6]}"

    def _volume_problems(self) -> Iterator[str]:
        own = [t for t in self.instance_types if instances.family(t) in LOCAL_DISK_FAMILIES]
        if self.volume_gb is not None and own:
            yield (
                f"volume_gb: got {self.volume_gb}; must be left out for {', '.join(own)}: such "
                "instances have disks of their own, and SageMaker attaches no volume to them"
            )
