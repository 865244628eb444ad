"""The stage's model, made ready for the hosts of an endpoint."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Stack

from stacks.config import HostConfig, StageConfig
from stacks.constructs.model.container_image import ContainerImage
from stacks.constructs.model.registered_weights import RegisteredWeights
from stacks.constructs.model.served_model import ServedModel
from stacks.constructs.model.weights import Weights
from stacks.constructs.shared.retained_logs import RetainedLogs
from stacks.engines.instances import family, gpu_count, processor


class HostedModel(ServedModel):
    """A model with the image, the environment and the logs of an endpoint.

    Attributes:
        ami: AMI its hosts need, where it is not SageMaker's default.
    """

    def __init__(
        self,
        stack: Stack,
        construct_id: str,
        *,
        config: StageConfig,
        hosts: HostConfig,
        log_group_name: str,
        root: Path,
        with_metrics: bool = False,
    ) -> None:
        instance_type = hosts.instance_type
        image = config.engine.image(processor(instance_type))
        assert image is not None  # noqa: S101 - config allows no engine without an image
        self.ami = config.engine.ami(image, [family(type_) for type_ in hosts.instance_types])
        super().__init__(
            stack,
            construct_id,
            image=ContainerImage(stack, "Image", image=image),
            environment=config.engine.environment(
                config.model,
                gpu_count(instance_type),
                adapters=config.loaded_adapters(root),
                with_metrics=with_metrics,
            ),
            weights=RegisteredWeights.of(config, stack=stack)
            or Weights.of(config.model, stack=stack, root=root),
            log_group=RetainedLogs(
                stack,
                "Logs",
                # SageMaker writes to this name, and would create a group that keeps logs for ever.
                name=log_group_name,
                days=hosts.log_retention_days,
            ),
        )
