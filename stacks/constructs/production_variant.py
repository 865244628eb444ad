"""The one production variant of an endpoint."""

from aws_cdk import aws_sagemaker as sagemaker

from stacks.config import HostConfig
from stacks.constructs.served_model import ServedModel

Variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty


def variant_name(instance_type: str) -> str:
    """Return a name that follows the instance type.

    SageMaker refuses to change the type of a variant that is registered for scaling:
    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
    """
    return instance_type.removeprefix("ml.").replace(".", "-")


def production_variant(
    model: ServedModel,
    hosts: HostConfig,
    *,
    count: int,
    ami: str | None,
    routing: str | None = None,
) -> Variant:
    """Describe a model on its hosts.

    Args:
        model: what is served.
        hosts: on which instances.
        count: how many of them, until autoscaling takes over.
        ami: host AMI, where it is not SageMaker's default.
        routing: which instance gets a request; none for an endpoint with a queue.
    """
    strategy = sagemaker.CfnEndpointConfig.RoutingConfigProperty
    return Variant(
        variant_name=variant_name(hosts.instance_type),
        model_name=model.name,
        instance_type=hosts.instance_type,
        initial_instance_count=count,
        initial_variant_weight=1,
        volume_size_in_gb=hosts.volume_gb,
        inference_ami_version=ami,
        container_startup_health_check_timeout_in_seconds=hosts.health_check_timeout_seconds,
        model_data_download_timeout_in_seconds=hosts.download_timeout_seconds,
        routing_config=(
            strategy(routing_strategy=routing.replace("-", "_").upper()) if routing else None
        ),
    )
