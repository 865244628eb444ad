"""Rules for changes of an endpoint: the changes allowed, the properties retained."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from localcloud.awsjson.service import ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.sagemaker.control_plane.variant_rules import all_variants
from localcloud.sagemaker.hosting.deployment_policy import Policy, check_deployment
from localcloud.sagemaker.hosting.endpoint import Endpoint
from localcloud.sagemaker.hosting.inference_component import InferenceComponent
from localcloud.sagemaker.hosting.variants import ModelVariant
from localcloud.sagemaker.instances.provisioning import Provisioner, types_of


def check_fleet(
    provisioner: Provisioner, config: Document, deployment: Document | None, *, first: bool = False
) -> None:
    """Refuse a deployment that SageMaker does not take, or that exceeds the account's quotas.

    Both fleets count: in a rolling deployment, the old one and a batch.

    Args:
        provisioner: Provisions the instances.
        config: The endpoint configuration to deploy.
        deployment: The `DeploymentConfig`.
        first: The endpoint is new: all instances come at once.

    Raises:
        ServiceError: It is refused.
    """
    variants = all_variants(config)
    instances = sum(one["InitialInstanceCount"] for one in variants)
    check_deployment(deployment, len(variants), instances)
    for variant in variants:
        count = variant["InitialInstanceCount"]
        batch = None if first else Policy.of(deployment, count).batch
        provisioner.check(types_of(variant), batch.of_total(count) if batch else count)


def check_count(endpoint: Endpoint, variant: ModelVariant, count: int) -> None:
    """Refuse an instance count that a variant cannot have.

    Raises:
        ServiceError: It is to have none, and its endpoint is not asynchronous; or a quota would be
            exceeded.
    """
    if count == 0 and endpoint.queue is None:
        raise ServiceError(
            f'DesiredInstanceCount of variant "{variant.name}" must be at least 1, got 0: only an '
            "asynchronous endpoint can have no instances."
        )
    variant.check_growth(count)


def desired_capacities(
    endpoint: Endpoint, changes: Sequence[Document]
) -> dict[str, tuple[int, float]]:
    """Compute instance counts and weights after `UpdateEndpointWeightsAndCapacities`, by variant.

    Raises:
        ServiceError: There is no such variant, or it cannot have that many.
    """
    variants = {variant.name: variant for variant in endpoint.model_variants}
    desired: dict[str, tuple[int, float]] = {}
    for change in changes:
        name = change["VariantName"]
        if any(name == variant.name for variant in endpoint.component_variants):
            raise ServiceError(f'not emulated: capacity of variant "{name}" without a model')
        if name not in variants:
            raise ServiceError(f'Could not find variant "{name}" of endpoint "{endpoint.arn}".')
        replicas = variants[name].replicas
        count = change.get("DesiredInstanceCount", replicas.desired)
        check_count(endpoint, variants[name], count)
        desired[name] = count, change.get("DesiredWeight", replicas.weight)
    return desired


def refuse_changed_targets(
    endpoint: Endpoint, registered: Collection[str], config: Document
) -> None:
    """Refuse an update that removes a scalable target's variant or changes its instance types.

    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html

    Args:
        endpoint: The endpoint to be updated.
        registered: Its variants that are scalable targets.
        config: The new endpoint configuration.

    Raises:
        ServiceError: One is removed or gets other types.
    """
    new = {one["VariantName"]: types_of(one) for one in config["ProductionVariants"]}
    changed = [
        old["VariantName"]
        for old in endpoint.config["ProductionVariants"]
        if old["VariantName"] in registered and new.get(old["VariantName"]) != types_of(old)
    ]
    if changed:
        raise ServiceError(
            f'The variant(s) "[{", ".join(changed)}]" must be deregistered as a scalable '
            "target with AWS Auto Scaling before being removed or updated."
        )


def refuse_orphaned_components(
    endpoint: Endpoint, components: Sequence[InferenceComponent], config: Document
) -> None:
    """Refuse an update that changes an endpoint's kind or removes the variant of a component.

    Raises:
        ServiceError: It does not, or a component is changing.
    """
    new: Mapping[str, Document] = {one["VariantName"]: one for one in config["ProductionVariants"]}
    if ("AsyncInferenceConfig" in config) != (endpoint.queue is not None):
        raise ServiceError("An endpoint cannot be updated to or from asynchronous inference.")
    if any("ModelName" in one for one in new.values()) == bool(endpoint.component_variants):
        raise ServiceError("An endpoint cannot be updated to or from inference components.")
    for component in components:
        if component.life.status not in ("InService", "Failed"):
            raise ServiceError(
                f'Cannot update endpoint "{endpoint.arn}" while inference component '
                f'"{component.arn}" is in state {component.state}.'
            )
        if component.copies.name not in new:
            raise ServiceError(
                f'The variant "{component.copies.name}" must stay: inference component '
                f'"{component.arn}" is on it.'
            )


_RETAINED = {
    "DesiredInstanceCount": "InitialInstanceCount",
    "DesiredWeight": "InitialVariantWeight",
}


def retained_properties(endpoint: Endpoint, parameters: Document) -> dict[str, Document]:
    """Collect the configured values that an update replaces by the present ones, by variant."""
    if not parameters.get("RetainAllVariantProperties"):
        return {}
    excluded = {
        one["VariantPropertyType"] for one in parameters.get("ExcludeRetainedVariantProperties", [])
    }
    return {
        variant.name: {
            _RETAINED[name]: value
            for name, value in variant.describe().items()
            if name in _RETAINED and name not in excluded
        }
        for variant in endpoint.model_variants
    }
