"""A model ready to be put behind an endpoint: container, weights, and rights."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.checks import acknowledge, acknowledge_wildcard
from stacks.constructs.model.container_image import ContainerImage
from stacks.constructs.model.registered_weights import RegisteredWeights
from stacks.constructs.model.weights import Weights
from stacks.constructs.model.weights_archive import WeightsArchive
from stacks.constructs.shared.trust import trusted


class ServedModel(Construct):
    """A SageMaker model without a physical name, as every change replaces it.

    Attributes:
        name: name CloudFormation gives the model.
        role: role with the container's rights.
        package: ARN of the registered version; None where the model is from elsewhere.
        isolated: true without a network: with no hub to download from, none is needed.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        image: ContainerImage,
        environment: dict[str, str],
        weights: Weights | WeightsArchive | RegisteredWeights | None,
        log_group: logs.ILogGroup,
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = self._execution_role(image, log_group)
        self.isolated = weights is not None
        self._image, self._environment = image, environment
        if weights is not None:
            self._add_policy("ReadWeights", *weights.read_statements())
        model = self._model("Resource", weights)
        self.package = weights.package if isinstance(weights, RegisteredWeights) else None
        if weights is not None and weights.published:
            # `cdk gc` keeps the objects whose keys it finds in a template.
            model.add_metadata("PublishedWeights", list(weights.published))
        self.name = model.attr_model_name

    def shadowed_by(self, weights: RegisteredWeights) -> sagemaker.CfnModel:
        """Return a model of other weights, served in the same way."""
        return self._model("Shadow", weights)

    def _model(
        self, construct_id: str, weights: Weights | WeightsArchive | RegisteredWeights | None
    ) -> sagemaker.CfnModel:
        model = sagemaker.CfnModel(
            self,
            construct_id,
            execution_role_arn=self.role.role_arn,
            enable_network_isolation=self.isolated,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image=self._image.uri,
                environment=self._environment,
                **(weights.container if weights else {}),
            ),
        )
        if isinstance(weights, RegisteredWeights):
            model.tags.set_tag("model-package", weights.package)
        # CreateModel checks that the role can read the weights, so its policies come first.
        model.node.add_dependency(self.role)
        return model

    def _execution_role(self, image: ContainerImage, log_group: logs.ILogGroup) -> iam.Role:
        role = iam.Role(self, "ExecutionRole", assumed_by=trusted("sagemaker"))
        image.grant_pull(role)
        log_group.grant(
            role, "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}},
            )
        )
        acknowledge(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            "ecr:GetAuthorizationToken and cloudwatch:PutMetricData know no resources; the latter "
            "is held to SageMaker's own namespaces",
        )
        return role

    def grant_read_adapter(self, name: str, archive: WeightsArchive) -> None:
        """Let SageMaker, in the model's name, read an adapter's archive."""
        self._add_policy(f"ReadAdapter-{name}", *archive.read_statements())

    def grant_write(self, bucket: s3.IBucket, prefix: str) -> None:
        """Let SageMaker, in the model's name, write below a prefix of a bucket."""
        self._add_policy(
            "Write",
            iam.PolicyStatement(
                actions=["s3:PutObject"], resources=[bucket.arn_for_objects(f"{prefix}*")]
            ),
        )

    def _add_policy(self, construct_id: str, *statements: iam.PolicyStatement) -> None:
        policy = iam.Policy(self.role, construct_id, roles=[self.role], statements=list(statements))
        for statement in statements:
            for resource in statement.resources:
                if "*" in resource:
                    reason = "every object below one prefix of one bucket, and no other"
                    acknowledge_wildcard(policy, resource, reason)
