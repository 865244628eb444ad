"""The check of the layer by which the streaming function streams, in this region."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from doctor.findings import Finding, failure, ok
from doctor.surroundings import Surroundings
from stacks.adapter_layers import ENGINE, FUNCTIONS, layer_arn
from stacks.config import StageConfig


def look(around: Surroundings, config: StageConfig) -> Iterator[Finding]:
    """Ask for the layer's version, as the function's creation does."""
    # A function for this machine runs in the local cloud, which is the adapter itself.
    if config.api is None or config.project.package_platform == "host":
        return
    partition = around.session.get_partition_for_region(around.region)
    streaming = ENGINE if config.monolith else FUNCTIONS
    arn = layer_arn(streaming, partition=partition, region=around.region)
    functions = around.client("lambda")
    try:
        functions.get_layer_version_by_arn(Arn=arn)
    except ClientError as error:
        if not _is_absent(error):
            raise
        yield failure(
            f"{around.region} has no {arn}, without which nothing streams",
            "take another region, or publish the release there and change stacks/adapter_layers.py",
        )
    else:
        yield ok(arn)


def _is_absent(error: ClientError) -> bool:
    """Tell whether there is no such version: another account's is not shown to be absent.

    AWS says that nothing of the version's own lets anybody look. Where the caller's own policies
    are what is lacking, it says that:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    told = error.response["Error"]
    denied = (
        told["Code"] == "AccessDeniedException" and "no resource-based policy" in told["Message"]
    )
    return denied or told["Code"] == "ResourceNotFoundException"
