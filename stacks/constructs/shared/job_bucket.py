"""The bucket where jobs keep their requests, state and results for a while."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.checks import acknowledge_wildcard
from stacks.constructs.shared.private_bucket import PrivateBucket


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

    def grant_objects(self, role: iam.IRole, *actions: str, below: str) -> None:
        """Allow actions on the objects below a prefix, for a role of any stack."""
        objects = f"{self._arn_for(role)}/{below}*"
        role.add_to_principal_policy(iam.PolicyStatement(actions=[*actions], resources=[objects]))
        acknowledge_wildcard(role, objects, "every object below one prefix of one bucket")

    def grant_list(self, role: iam.IRole) -> None:
        """Allow listing the bucket, without which a missing object reads as a forbidden one.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        """
        listing = iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self._arn_for(role)])
        role.add_to_principal_policy(listing)

    def _arn_for(self, role: iam.IRole) -> str:
        owner = Stack.of(self)
        if Stack.of(role) is owner:
            return str(self.bucket_arn)
        return str(owner.export_value(self.bucket_arn))
