"""Rules for the production variants that `CreateEndpointConfig` accepts."""

from __future__ import annotations

from localcloud.awsjson.service import ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.sagemaker.instances.errors import DeploymentFailedError
from localcloud.sagemaker.instances.instance_types import size_of
from localcloud.sagemaker.instances.provisioning import types_of


def all_variants(config: Document) -> list[Document]:
    """Return the production variants of an endpoint configuration, then the shadow variants."""
    return [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]


def check_variants(config: Document) -> None:
    """Hold an endpoint configuration's variants against SageMaker's rules.

    Raises:
        ServiceError: One of them cannot be.
    """
    _check_shadows(config)
    variants = all_variants(config)
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) < len(names):
        raise ServiceError(f"variant names must be unique, got {names}")
    for variant in variants:
        if "ServerlessConfig" not in variant:  # refused, and in other words
            _check_instances(variant)
        _check_routing(variant)
    hosting = [variant for variant in variants if "ModelName" not in variant]
    if hosting and len(hosting) < len(variants):
        raise ServiceError("either all variants have a ModelName or none has, got both")
    for variant in hosting:
        _check_hosting(config, variant)
    for variant in variants:
        if "ModelName" in variant and "ManagedInstanceScaling" in variant:
            raise ServiceError(
                "ManagedInstanceScaling is only supported for inference component endpoints."
            )


def _check_shadows(config: Document) -> None:
    shadows = config.get("ShadowProductionVariants", [])
    if not shadows:
        return
    counts = len(config["ProductionVariants"]), len(shadows)
    if counts != (1, 1):
        raise ServiceError(
            "You can only specify one variant for ProductionVariants and one variant for "
            f"ShadowProductionVariants, got {counts[0]} and {counts[1]}"
        )
    if "ModelName" not in shadows[0]:
        raise ServiceError("A shadow variant needs a ModelName: it holds no inference components")
    if "AsyncInferenceConfig" in config:
        raise ServiceError("not emulated: shadow variants of asynchronous endpoints")


def _check_instances(variant: Document) -> None:
    title = f'variant "{variant["VariantName"]}"'
    if ("InstanceType" in variant) == ("InstancePools" in variant):
        raise ServiceError(f"{title} needs InstanceType or InstancePools, and not both")
    if "InitialInstanceCount" not in variant:
        raise ServiceError(f"{title} needs InitialInstanceCount")
    for member in ("InstanceType", "Priority"):
        values = [pool[member] for pool in variant.get("InstancePools", [])]
        if len(set(values)) < len(values):
            raise ServiceError(f"{member} of instance pools must be unique, got {values}")


def _check_routing(variant: Document) -> None:
    routing = variant.get("RoutingConfig", {})
    given = routing.get("PrefixAwareRoutingConfig")
    if (routing.get("RoutingStrategy") == "PREFIX_AWARE") != (given is not None):
        raise ServiceError(
            "PrefixAwareRoutingConfig must be specified if and only if RoutingStrategy is "
            "PREFIX_AWARE"
        )
    missing = {"PrefixLength", "ConcurrencyThreshold"} - (given or {}).keys()
    if given is not None and missing:
        raise ServiceError(f"PrefixAwareRoutingConfig needs {', '.join(sorted(missing))}")


def _check_hosting(config: Document, variant: Document) -> None:
    if "ExecutionRoleArn" not in config:
        raise ServiceError("ExecutionRoleArn is required for inference component endpoints.")
    if "AsyncInferenceConfig" in config:
        raise ServiceError("not emulated: asynchronous inference by inference components")
    try:
        for kind in types_of(variant):
            size_of(kind)
    except DeploymentFailedError as error:
        raise ServiceError(str(error)) from error
    scaling = variant.get("ManagedInstanceScaling", {})
    if scaling.get("Status") != "ENABLED":
        return
    limits = scaling.get("MinInstanceCount"), scaling.get("MaxInstanceCount")
    if None in limits:
        raise ServiceError(
            "not emulated: ManagedInstanceScaling without MinInstanceCount and MaxInstanceCount"
        )
    least, most = limits
    if not least <= variant["InitialInstanceCount"] <= most:
        raise ServiceError(
            f"InitialInstanceCount must be from MinInstanceCount to MaxInstanceCount, got "
            f"{variant['InitialInstanceCount']}, {least} and {most}"
        )
