"""The bucket for what belongs to a model: staged weights, captured data."""

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.checks import acknowledge


class ArtifactBucket(s3.Bucket):
    """Versioned, encrypted, private, and kept when its stack goes: weights are costly to lose."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(
            scope,
            construct_id,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            # A customer-managed key would cost a request to KMS per part of every download.
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    noncurrent_version_expiration=Duration.days(30),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
        )
        acknowledge(
            self,
            "AwsSolutions-S1",
            "server access logs need a second bucket; CloudTrail data events record the same",
        )
