"""The instance counts of variants, as what Application Auto Scaling scales."""

from __future__ import annotations

from localcloud.applicationautoscaling import TargetKey
from localcloud.awsjson.service import Scope
from localcloud.sagemaker.endpoint import Endpoint
from localcloud.sagemaker.endpoints import Endpoints, check_count
from localcloud.sagemaker.traffic import Variant


class VariantCapacities:
    """Finds a target's variant: `endpoint/<name>/variant/<name>`."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints

    def desired(self, scope: Scope, key: TargetKey) -> int | None:
        """The variant's instance count; None unless its endpoint is in service."""
        found = self._found(scope, key)
        return found[1].desired if found and found[0].status == "InService" else None

    def change(self, scope: Scope, key: TargetKey, capacity: int) -> None:
        """Begin to start or to retire instances.

        Raises:
            ServiceError: The variant cannot have that many.
        """
        if found := self._found(scope, key):
            endpoint, variant = found
            check_count(endpoint, variant.name, capacity)
            endpoint.rescale({variant.name: (capacity, variant.weight)})

    def _found(self, scope: Scope, key: TargetKey) -> tuple[Endpoint, Variant] | None:
        _, name, _, variant_name = key.resource.split("/")
        endpoint = self._endpoints.find(scope, name)
        variants = endpoint.variants if endpoint else []
        for variant in variants:
            if endpoint and variant.name == variant_name:
                return endpoint, variant
        return None
