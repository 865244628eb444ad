"""Rights that nothing has used: the half of least privilege that takes no right away."""

from __future__ import annotations

from tests.least_privilege.marks import page_of
from tests.least_privilege.statements import Policies, calls, used
from twin.local.cloud import LocalCloud


def unused_rights(cloud: LocalCloud, stage: str) -> list[str]:
    """Name the rights of a stage's roles, but those with a mark, that IAM's record does not show.

    Args:
        cloud: Where the stage is deployed.
        stage: Start of the names of its resources.
    """
    grants = [grant for grant in Policies(cloud, stage).grants() if not page_of(grant)]
    needed = used(grants, calls(cloud, stage))
    return [grant.key for grant in grants if grant not in needed]
