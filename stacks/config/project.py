"""The [project] section: whose deployment this is, and where it goes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from stacks.config.section import Section
from stacks.engines.images import load_images

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,23}$")]


class ProjectConfig(Section):
    """[project].

    Attributes:
        name: prefix of every stack and of the endpoint: lower case, digits and dashes, at most 24.
        account: AWS account, 12 digits; left out, the account of the deploying credentials.
        region: AWS region; left out, the region of the deploying credentials.
        tags: put on every resource that takes tags.
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
