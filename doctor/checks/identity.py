"""The check of who deploys, and where: credentials, account, region."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.findings import Finding, failure, ok
from doctor.surroundings import Surroundings
from stacks.config import StageConfig


def look(around: Surroundings, config: StageConfig) -> Iterator[Finding]:
    """Look at the identity behind the credentials; everybody may ask for their own."""
    if not around.region:
        yield failure(
            "no region is known",
            "set project.region in the stage's config, or AWS_DEFAULT_REGION",
        )
        return
    identity = around.client("sts").get_caller_identity()
    account, wanted = identity["Account"], config.project.account
    if wanted not in {None, account}:
        yield failure(
            f"the credentials are of account {account}, and project.account is {wanted}",
            "take credentials of that account (AWS_PROFILE), or change project.account",
        )
    else:
        yield ok(f"{identity['Arn']} in {around.region}")
