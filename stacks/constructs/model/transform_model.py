"""The stage's model, made ready for the hosts of batch transform."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_logs as logs

from stacks.checks import acknowledge_wildcard
from stacks.config import BatchConfig, StageConfig
from stacks.constructs.model.container_image import ContainerImage
from stacks.constructs.model.registered_weights import RegisteredWeights
from stacks.constructs.model.served_model import ServedModel
from stacks.constructs.model.weights_archive import WeightsArchive
from stacks.engines.instances import gpu_count, processor

# One group for all transform jobs of an account and region, which no stage owns.
_LOG_GROUP = "/aws/sagemaker/TransformJobs"


class TransformModel(ServedModel):
    """A model with packed weights, and an image that the drivers of batch hosts run.

    docs/decisions/0017-batch-has-a-model-of-its-own.md

    Attributes:
        ami: AMI its hosts need, where it is not SageMaker's default.
    """

    def __init__(
        self,
        stack: Stack,
        construct_id: str,
        *,
        config: StageConfig,
        batch: BatchConfig,
        root: Path,
    ) -> None:
        image = config.engine.batch_image(processor(batch.instance_type))
        assert image is not None  # noqa: S101 - config allows no engine without an image
        self.ami = config.engine.batch_ami(image)
        log_group = logs.LogGroup.from_log_group_name(stack, "Logs", _LOG_GROUP)
        super().__init__(
            stack,
            construct_id,
            image=ContainerImage(stack, "Image", image=image),
            environment=config.engine.environment(
                config.model, gpu_count(batch.instance_type), adapters=config.loaded_adapters(root)
            ),
            weights=RegisteredWeights.of(config, stack=stack, archived=True)
            or WeightsArchive.of(config, stack=stack, root=root),
            log_group=log_group,
        )
        log_group.grant(self.role, "logs:CreateLogGroup")
        acknowledge_wildcard(
            self.role, log_group.log_group_arn, "the log streams of the group SageMaker writes to"
        )
