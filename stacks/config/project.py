"""The [project] section: a deployment's name, place and tags."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from stacks.config.section import Section
from stacks.engines.images import load_images

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,23}$")]


class ProjectConfig(Section):
    """[project]: a deployment's name, place and tags.

    Attributes:
        name: prefix of every stack and of the endpoint: lower case, digits and dashes, at most 24.
            Sets AWS::SageMaker::Endpoint.EndpointName and POWERTOOLS_METRICS_NAMESPACE.
        account: AWS account, 12 digits; left out, the account of the deploying credentials. Sets
            the environment of every stack.
        region: AWS region, one that AWS publishes the images in; left out, the region of the
            deploying credentials. Sets the environment of every stack.
        tags: names and values put on every resource that takes tags. Sets the Tags of every
            resource.
    """

    name: Name
    account: Annotated[str, StringConstraints(pattern=r"^\d{12}$")] | None = None
    region: str | None = None
    tags: dict[str, str] = Field(default_factory=dict, max_length=40)

    @field_validator("region")
    @classmethod
    def _has_images(cls, region: str | None) -> str | None:
        regions = load_images().images[0].accounts
        if region is not None and region not in regions:
            raise ValueError(f"must be a region AWS publishes the images in: {', '.join(regions)}")
        return region
