"""The check of the region: the types and the abilities that it has."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from doctor.findings import Finding, failure, ok
from doctor.surroundings import Surroundings
from stacks.config import StageConfig
from stacks.config.combinations.region import region_problems


def look_at_types(around: Surroundings, config: StageConfig) -> Iterator[Finding]:
    """Look up each instance type and its use in the committed price list."""
    problems = [*region_problems(config, around.region)]
    for problem in problems:
        yield failure(problem, "take another type, or another region")
    if not problems:
        yield ok(f"{around.region} has every instance type for its use, by AWS's price list")


def look_at_components(around: Surroundings, config: StageConfig) -> Iterator[Finding]:
    """Ask for inference components, which scale to zero, where the stage has one."""
    if not config.scales_to_zero:
        return
    try:
        around.client("sagemaker").list_inference_components(MaxResults=1)
    except ClientError as error:
        # A region without an operation does not know its name.
        if error.response["Error"]["Code"] not in {"UnknownOperationException", "InvalidAction"}:
            raise
        yield failure(
            f"{around.region} has no inference components, without which nothing scales to zero",
            "leave realtime.autoscaling.scale_to_zero out and set min_instances, or take another "
            "region",
        )
    else:
        yield ok(f"{around.region} has inference components")
