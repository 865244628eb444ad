"""The base of every bucket."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.checks import acknowledge


class PrivateBucket(s3.Bucket):
    """A bucket encrypted, closed to the public and to plain HTTP, and kept when its stack goes."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        versioned: bool = False,
        lifecycle_rules: Sequence[s3.LifecycleRule],
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            # A customer-managed key would cost a request to KMS per part of every download.
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=versioned or None,
            lifecycle_rules=[
                *lifecycle_rules,
                s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(1)),
            ],
        )
        acknowledge(
            self,
            "AwsSolutions-S1",
            "server access logs need a second bucket; CloudTrail data events record the same",
        )
