"""A topic that one role publishes to."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct


class EventTopic(sns.Topic):
    """A topic that is encrypted, and closed to plain HTTP.

    SNS's own key is enough: SageMaker publishes in a role of this account, which that key's policy
    lets through. It would refuse a service that publishes in its own name:
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, publisher: iam.IGrantable) -> None:
        key = kms.Alias.from_alias_name(scope, f"{construct_id}Key", "alias/aws/sns")
        super().__init__(scope, construct_id, master_key=key, enforce_ssl=True)
        iam.Grant.add_to_principal(
            grantee=publisher, actions=["sns:Publish"], resource_arns=[self.topic_arn]
        )
