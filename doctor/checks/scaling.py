"""The check of the role by which Application Auto Scaling scales endpoints."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.findings import Finding, ok, warning
from doctor.surroundings import Surroundings
from stacks.account_reads import SCALING_ROLE, SCALING_SERVICE
from stacks.config import StageConfig


def look(around: Surroundings, _config: StageConfig) -> Iterator[Finding]:
    """Look for the service-linked role.

    The first scalable target of an account makes it, where CDK's execution role may; the role that
    bootstrap makes may, one with policies of your own perhaps not.
    """
    iam = around.client("iam")
    try:
        iam.get_role(RoleName=SCALING_ROLE)
    except iam.exceptions.NoSuchEntityException:
        yield warning(
            f"{SCALING_ROLE} is absent: the first deployment makes it, if CDK's execution role may",
            "in an account whose execution role is not an administrator: "
            f"aws iam create-service-linked-role --aws-service-name {SCALING_SERVICE}",
        )
    else:
        yield ok(SCALING_ROLE)
