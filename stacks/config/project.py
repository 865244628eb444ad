"""The [project] section: a deployment's name, place and tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from stacks.config.section import Section
from stacks.engines.images import load_images

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,23}$")]

# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html
_TAG_KEY = re.compile(r"[\w .:/=+@-]{1,128}")
_TAG_VALUE = re.compile(r"[\w .:/=+@-]{0,256}")


class ProjectConfig(Section):
    """[project]: a deployment's name, place and tags.

    Attributes:
        name: prefix of every stack and of the endpoint: lower case, digits and dashes, at most 24.
            Sets AWS::SageMaker::Endpoint.EndpointName and POWERTOOLS_METRICS_NAMESPACE.
        account: AWS account, 12 digits; left out, the account of the deploying credentials. Sets
            the environment of every stack.
        region: AWS region, one that AWS publishes the images in; left out, the region of the
            deploying credentials. Sets the environment of every stack.
        package_platform: "aws" builds the functions for Lambda (arm64, Python 3.13), "host" for
            this machine and this Python, as the local cloud needs it. Sets
            AWS::Lambda::Function.Code.
        tags: names and values put on every resource that takes tags. Sets the Tags of every
            resource.
    """

    name: Name
    account: Annotated[str, StringConstraints(pattern=r"^\d{12}$")] | None = None
    region: str | None = None
    package_platform: Literal["aws", "host"] = "aws"
    tags: dict[str, str] = Field(default_factory=dict, max_length=40)

    @field_validator("region")
    @classmethod
    def _has_images(cls, region: str | None) -> str | None:
        regions = load_images().images[0].accounts
        if region is not None and region not in regions:
            raise ValueError(f"must be a region AWS publishes the images in: {', '.join(regions)}")
        return region

    @field_validator("tags")
    @classmethod
    def _are_aws_tags(cls, tags: dict[str, str]) -> dict[str, str]:
        if problems := [*_tag_problems(tags)]:
            raise ValueError("\n".join(problems))
        return tags


def _tag_problems(tags: dict[str, str]) -> Iterator[str]:
    """Say which tags AWS refuses."""
    allowed = "characters: letters, digits, spaces and _ . : / = + - @"
    spellings: dict[str, str] = {}
    for key, value in tags.items():
        if not _TAG_KEY.fullmatch(key):
            yield f"{key!r}: must be of 1 to 128 {allowed}"
        if not _TAG_VALUE.fullmatch(value):
            yield f"{key}: got {value!r}; must be of at most 256 {allowed}"
        if key.lower().startswith("aws:"):
            yield f"{key}: must not begin with aws:, which is AWS's own"
        # IAM's roles have the tags too: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
        if (other := spellings.setdefault(key.lower(), key)) != key:
            yield f"{key}: must be left out beside {other}: IAM tells keys apart without their case"
