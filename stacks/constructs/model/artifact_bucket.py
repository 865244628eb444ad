"""The bucket of a model: staged weights, captured data."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.constructs.shared.private_bucket import PrivateBucket

CAPTURED = "captured/"
"""Key prefix of captured prompts and answers, which expire."""


class ArtifactBucket(PrivateBucket):
    """A versioned bucket, as weights are costly to lose."""

    def __init__(self, scope: Construct, construct_id: str, *, captured_days: int) -> None:
        super().__init__(
            scope,
            construct_id,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(noncurrent_version_expiration=Duration.days(30)),
                s3.LifecycleRule(
                    prefix=CAPTURED,
                    expiration=Duration.days(captured_days),
                    noncurrent_version_expiration=Duration.days(1),
                ),
            ],
        )
