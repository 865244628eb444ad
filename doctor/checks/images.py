"""The check of the container images in AWS's registries."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.findings import Finding, failure, ok
from doctor.surroundings import Surroundings
from stacks.config import StageConfig
from stacks.engines.images import Image


def look(around: Surroundings, config: StageConfig) -> Iterator[Finding]:
    """Ask for each image's manifest, as a pull does first."""
    for image in config.images:
        yield _look_at(around, image)


def _look_at(around: Surroundings, image: Image) -> Finding:
    name = f"{image.repository}:{image.tag}"
    account = image.accounts.get(around.region)
    if account is None:
        return failure(
            f"AWS does not publish {name} in {around.region}",
            f"take one of {', '.join(image.accounts)}",
        )
    registry = around.client("ecr")
    try:
        answer = registry.batch_get_image(
            registryId=account,
            repositoryName=image.repository,
            imageIds=[{"imageTag": image.tag}],
        )
    except registry.exceptions.RepositoryNotFoundException:
        answer = {"images": []}
    if answer["images"]:
        return ok(f"{name} of account {account}")
    return failure(
        f"account {account} has no image {name} in {around.region}",
        "bring stacks/engines/images.json up to date: .venv/bin/python -m stacks.engines.refresh",
    )
