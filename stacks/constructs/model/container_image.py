"""An image of AWS's Deep Learning Containers, in whichever region the stack is deployed to."""

from __future__ import annotations

from aws_cdk import ArnFormat, Aws, CfnMapping, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.engines.images import Image


class ContainerImage(Construct):
    """An image whose account follows from the region at deployment, so one template fits all.

    Attributes:
        uri: address, as `docker pull` takes it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, image: Image) -> None:
        super().__init__(scope, construct_id)
        accounts = CfnMapping(
            self,
            "Accounts",
            mapping={region: {"account": account} for region, account in image.accounts.items()},
        )
        self._repository = image.repository
        self._account = accounts.find_in_map(Aws.REGION, "account")
        registry = f"{self._account}.dkr.ecr.{Aws.REGION}.{Aws.URL_SUFFIX}"
        self.uri = f"{registry}/{image.repository}:{image.tag}"

    def grant_pull(self, role: iam.Role) -> None:
        """Let a role pull this image."""
        repository = Stack.of(self).format_arn(
            service="ecr",
            account=self._account,
            resource="repository",
            resource_name=self._repository,
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        layers = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer"]
        role.add_to_policy(
            iam.PolicyStatement(actions=[*layers, "ecr:BatchGetImage"], resources=[repository])
        )
        role.add_to_policy(
            iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"])
        )
