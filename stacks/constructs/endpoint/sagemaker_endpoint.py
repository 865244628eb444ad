"""The base of every SageMaker endpoint: a name that stays, a variant, and grants."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct


class SageMakerEndpoint(Construct):
    """An endpoint with one production variant.

    The endpoint keeps its name; its config has none, as a config is replaced by every change.

    Attributes:
        name: name of the endpoint.
        variant: name of the production variant.
        deployed: outputs that say what is to serve, for a rollout to compare.
    """

    name: str
    variant: str
    deployed: dict[str, str]

    @property
    def arn(self) -> str:
        """ARN of the endpoint."""
        arn: str = Stack.of(self).format_arn(
            service="sagemaker",
            resource="endpoint",
            resource_name=self.name,
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        return arn

    @property
    def arns(self) -> list[str]:
        """ARNs of what a request names."""
        return [self.arn]

    def grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Let a principal do something with this endpoint."""
        grant: iam.Grant = iam.Grant.add_to_principal(
            grantee=grantee, actions=[*actions], resource_arns=self.arns
        )
        return grant
