"""The bucket where jobs keep their requests, state and results for a while."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.constructs.shared.private_bucket import PrivateBucket

FILES = "files/"
"""Key prefix of the files that callers upload, in whichever bucket a stage keeps them."""


class JobBucket(PrivateBucket):
    """A bucket that deletes the objects below some prefixes after some days."""

    def __init__(
        self, scope: Construct, construct_id: str, *, retention_days: int, prefixes: Sequence[str]
    ) -> None:
        days = Duration.days(retention_days)
        super().__init__(
            scope,
            construct_id,
            lifecycle_rules=[s3.LifecycleRule(prefix=p, expiration=days) for p in prefixes],
        )
