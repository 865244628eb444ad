"""The model registry's stack, which all stages of a project share."""

from __future__ import annotations

from aws_cdk import Aws, CfnOutput, Duration, Environment, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.registry.version_group import VersionGroup
from stacks.constructs.shared.private_bucket import PrivateBucket


class RegistryStack(Stack):
    """A bucket of weights, and the group of versions that name them. Both stay when it goes."""

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, env: Environment
    ) -> None:
        description = f"{config.project.name}: versions of the model"
        super().__init__(scope, construct_id, description=description, env=env)
        registry = config.model_registry
        bucket = PrivateBucket(
            self,
            "Models",
            name=config.registry_bucket(Aws.ACCOUNT_ID, Aws.REGION),
            versioned=True,
            lifecycle_rules=[s3.LifecycleRule(noncurrent_version_expiration=Duration.days(30))],
        )
        for account in registry.share_with:
            read = {
                "GetObject": bucket.arn_for_objects("models/*"),
                # Held to no prefix, which a read of an object does not have: it would be forbidden
                # where the object is missing, and a version need not have every file.
                "ListBucket": bucket.bucket_arn,
            }
            for action, resource in read.items():
                bucket.add_to_resource_policy(
                    iam.PolicyStatement(
                        principals=[iam.AccountPrincipal(account)],
                        actions=[f"s3:{action}"],
                        resources=[resource],
                    )
                )
        group = VersionGroup(
            self, "Versions", name=registry.group or "", share_with=registry.share_with
        )
        CfnOutput(self, "BucketName", value=bucket.bucket_name)
        CfnOutput(self, "GroupName", value=group.name)
