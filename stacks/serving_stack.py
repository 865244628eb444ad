"""The slow and costly half: the model and the instances that serve it."""

from pathlib import Path

from aws_cdk import CfnOutput, Environment, Stack
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.artifact_bucket import ArtifactBucket
from stacks.constructs.container_image import ContainerImage
from stacks.constructs.realtime_endpoint import RealtimeEndpoint
from stacks.constructs.retained_logs import RetainedLogs
from stacks.constructs.served_model import ServedModel
from stacks.constructs.weights import Weights
from stacks.engines.instances import family, gpu_count, processor


class ServingStack(Stack):
    """A model on a SageMaker real-time endpoint.

    Attributes:
        endpoint: what the API calls. Its construct path names an export: it must not change.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        root: Path,
        env: Environment,
    ) -> None:
        description = f"{config.model.id}: SageMaker endpoint"
        super().__init__(scope, construct_id, description=description, env=env)
        instance_type = config.realtime.instance_type
        image = config.engine.image(processor(instance_type))
        assert image is not None  # noqa: S101 - config allows no engine without an image
        bucket = ArtifactBucket(self, "Artifacts")
        model = ServedModel(
            self,
            "Model",
            image=ContainerImage(self, "Image", image=image),
            environment=config.engine.environment(config.model, gpu_count(instance_type)),
            weights=self._weights(config, root),
            log_group=RetainedLogs(
                self,
                "Logs",
                # SageMaker writes to this name, and would create a group that keeps logs for ever.
                name=f"/aws/sagemaker/Endpoints/{config.endpoint_name}",
                days=config.realtime.log_retention_days,
            ),
        )
        self.endpoint = RealtimeEndpoint(
            self,
            "Endpoint",
            endpoint_name=config.endpoint_name,
            model=model,
            realtime=config.realtime,
            ami=config.engine.ami(image, family(instance_type)),
            captured_to=bucket,
        )
        CfnOutput(self, "EndpointName", value=self.endpoint.name)
        CfnOutput(self, "ArtifactBucketName", value=bucket.bucket_name)

    def _weights(self, config: StageConfig, root: Path) -> Weights | None:
        if config.model.artifacts is not None:
            return Weights.from_directory(self, root / config.model.artifacts)
        return Weights.from_s3(config.model.s3) if config.model.s3 is not None else None
