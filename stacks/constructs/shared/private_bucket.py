"""The base of every bucket."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.checks import acknowledge, acknowledge_wildcard

OBJECT_ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
"""S3 actions of a function that keeps objects."""


class PrivateBucket(s3.Bucket):
    """A bucket encrypted, closed to the public and to plain HTTP, and kept when its stack goes."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str | None = None,
        versioned: bool = False,
        lifecycle_rules: Sequence[s3.LifecycleRule],
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            bucket_name=name,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            # A customer-managed key would cost a request to KMS per part of every download.
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=versioned or None,
            # A first deployment that fails takes the empty bucket with it.
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
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

    def grant_objects(self, role: iam.IRole, *actions: str, below: str) -> None:
        """Allow actions on the objects below a prefix, for a role of any stack."""
        objects = f"{self._arn_for(role)}/{below}*"
        role.add_to_principal_policy(iam.PolicyStatement(actions=[*actions], resources=[objects]))
        acknowledge_wildcard(role, objects, "every object below one prefix of one bucket")

    def grant_list(self, role: iam.IRole, *, below: str | None = None) -> None:
        """Allow listing the bucket, without which a missing object reads as a forbidden one.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html

        Args:
            role: a role of any stack.
            below: the one prefix that it lists. A role that also asks for objects which may be
                missing has none: a request for an object has no prefix, and would be forbidden.
        """
        prefix = {"StringLike": {"s3:prefix": f"{below}*"}} if below else None
        listing = iam.PolicyStatement(
            actions=["s3:ListBucket"], resources=[self._arn_for(role)], conditions=prefix
        )
        role.add_to_principal_policy(listing)

    def _arn_for(self, role: iam.IRole) -> str:
        owner = Stack.of(self)
        if Stack.of(role) is owner:
            return str(self.bucket_arn)
        return str(owner.export_value(self.bucket_arn))
