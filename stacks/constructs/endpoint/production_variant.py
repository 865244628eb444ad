"""The one production variant of an endpoint."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_sagemaker as sagemaker

from stacks.config import HostConfig, StageConfig
from stacks.constructs.model.served_model import ServedModel

_Config = sagemaker.CfnEndpointConfig
Variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty


def production_variant(
    hosts: HostConfig,
    *,
    count: int,
    ami: str | None,
    model: ServedModel | None = None,
    routing: sagemaker.CfnEndpointConfig.RoutingConfigProperty | None = None,
    managed: sagemaker.CfnEndpointConfig.ManagedInstanceScalingProperty | None = None,
) -> Variant:
    """Describe the hosts of an endpoint.

    Args:
        hosts: on which instances.
        count: number of instances until scaling takes over.
        ami: host AMI, where it is not SageMaker's default.
        model: model that they serve; none where inference components bring it.
        routing: rule by which an instance gets a request; none for an endpoint with a queue.
        managed: limits within which SageMaker finds instances for inference components.
    """
    return Variant(
        variant_name=hosts.variant_name,
        initial_instance_count=count,
        initial_variant_weight=1,
        volume_size_in_gb=hosts.volume_gb,
        inference_ami_version=ami,
        routing_config=routing,
        managed_instance_scaling=managed,
        **_instances(hosts),
        **(_served(model, hosts) if model else {}),
    )


def routing_config(config: StageConfig) -> sagemaker.CfnEndpointConfig.RoutingConfigProperty:
    """Describe which instance of a stage gets a request."""
    strategy = config.endpoint.routing.replace("-", "_").upper()
    prefixes = config.prefix_routing
    if prefixes is None:
        return _Config.RoutingConfigProperty(routing_strategy=strategy)
    return _Config.RoutingConfigProperty(
        routing_strategy=strategy,
        prefix_aware_routing_config=_Config.PrefixAwareRoutingConfigProperty(
            prefix_length=prefixes.prefix_bytes, concurrency_threshold=prefixes.max_in_flight
        ),
    )


def _instances(hosts: HostConfig) -> dict[str, Any]:
    if len(hosts.instance_types) == 1:
        return {"instance_type": hosts.instance_type}
    pools = [
        _Config.InstancePoolProperty(instance_type=type_, priority=priority)
        for priority, type_ in enumerate(hosts.instance_types, start=1)
    ]
    return {"instance_pools": pools}


def _served(model: ServedModel, hosts: HostConfig) -> dict[str, Any]:
    return {
        "model_name": model.name,
        "container_startup_health_check_timeout_in_seconds": hosts.health_check_timeout_seconds,
        "model_data_download_timeout_in_seconds": hosts.download_timeout_seconds,
    }
