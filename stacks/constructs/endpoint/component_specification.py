"""The share of an instance that a copy of a model reserves: all that counts."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_sagemaker as sagemaker

from stacks.config import HostConfig
from stacks.constructs.model.served_model import ServedModel
from stacks.engines.instances import gpu_count, vcpu_count

_Component = sagemaker.CfnInferenceComponent
# A reservation that places copies, and no cap on what they use. Far less of an instance can be
# reserved than it has: of the 16 GiB of an ml.g5.xlarge, 1024 MB are granted and 4096 refused.
# https://github.com/huggingface/skills, hf-cloud-sagemaker-production-defaults
_MEMORY_MB = 1024
# More than half, so that a second copy finds no room, and not all, as SageMaker's own containers
# may have reserved some.
_VCPU_SHARE = 0.75


def specification(model: ServedModel, hosts: HostConfig) -> dict[str, Any]:
    """Return the properties of an inference component that describe its copies.

    They are one specification for every type of instance, or one for each where a copy reserves
    a different number of vCPUs on them:
    https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html
    """
    types = hosts.instance_types
    reserved = [_reserved(type_) for type_ in types]
    if all(each == reserved[0] for each in reserved):
        details = _described(model, hosts, reserved[0])
        return {"specification": _Component.InferenceComponentSpecificationProperty(**details)}
    specification_for = _Component.InferenceComponentSpecificationForInstanceTypeProperty
    return {
        "specifications": [
            specification_for(instance_type=type_, **_described(model, hosts, each))
            for type_, each in zip(types, reserved, strict=True)
        ]
    }


def _reserved(instance_type: str) -> dict[str, float]:
    gpus = gpu_count(instance_type)
    if gpus:
        return {"number_of_accelerator_devices_required": gpus}
    return {"number_of_cpu_cores_required": vcpu_count(instance_type) * _VCPU_SHARE}


def _described(model: ServedModel, hosts: HostConfig, reserved: dict[str, float]) -> dict[str, Any]:
    return {
        "model_name": model.name,
        "compute_resource_requirements": (
            _Component.InferenceComponentComputeResourceRequirementsProperty(
                min_memory_required_in_mb=_MEMORY_MB, **reserved
            )
        ),
        "startup_parameters": _Component.InferenceComponentStartupParametersProperty(
            container_startup_health_check_timeout_in_seconds=hosts.health_check_timeout_seconds,
            model_data_download_timeout_in_seconds=hosts.download_timeout_seconds,
        ),
        "data_cache_config": _Component.InferenceComponentDataCacheConfigProperty(
            enable_caching=True
        ),
    }
