"""The slow and costly half: the model and the instances that serve it."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import CfnOutput, Environment, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.endpoint.component_endpoint import ComponentEndpoint
from stacks.constructs.endpoint.realtime_endpoint import RealtimeEndpoint
from stacks.constructs.endpoint.variant_endpoint import VariantEndpoint
from stacks.constructs.model.artifact_bucket import ArtifactBucket
from stacks.constructs.model.hosted_model import HostedModel


class ServingStack(Stack):
    """A model on a SageMaker real-time endpoint.

    Attributes:
        endpoint: endpoint of the API. Its construct path names an export and must not change.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        root: Path,
        package: Path,
        env: Environment,
    ) -> None:
        description = f"{config.model.id}: SageMaker endpoint"
        super().__init__(scope, construct_id, description=description, env=env)
        bucket = ArtifactBucket(
            self, "Artifacts", captured_days=config.endpoint.data_capture_retention_days
        )
        to_zero = config.scales_to_zero
        logged_as = "InferenceComponents" if to_zero else "Endpoints"
        model = HostedModel(
            self,
            "Model",
            config=config,
            hosts=config.endpoint,
            log_group_name=f"/aws/sagemaker/{logged_as}/{config.endpoint_name}",
            root=root,
            with_metrics=config.scales_on_engine_metrics,
        )
        self.endpoint: RealtimeEndpoint
        if to_zero:
            self.endpoint = ComponentEndpoint(
                self, "Endpoint", config=config, model=model, captured_to=bucket, root=root
            )
        else:
            self.endpoint = VariantEndpoint(
                self,
                "Endpoint",
                config=config,
                model=model,
                captured_to=bucket,
                code=lambda_.Code.from_asset(str(package)),
            )
        if config.model.hub is not None:
            source = f"{config.model.hub}@{config.model.revision or 'newest'}"
            CfnOutput(self, "HubModel", value=source)
        CfnOutput(self, "EndpointName", value=self.endpoint.name)
        self.export_value(self.endpoint.name)  # [api], which imports it, may be taken out
        if model.package is not None:
            for name, value in {**self.endpoint.deployed, "ModelPackage": model.package}.items():
                CfnOutput(self, name, value=value)
        CfnOutput(self, "ArtifactBucketName", value=bucket.bucket_name)
