"""The capacities that Application Auto Scaling changes: instance counts and copy counts."""

from __future__ import annotations

from typing import Protocol

from localcloud.applicationautoscaling import COPY_COUNT, TargetKey
from localcloud.awsjson.service import Scope
from localcloud.sagemaker.control_plane.endpoint_rules import check_count
from localcloud.sagemaker.control_plane.endpoints import Endpoints
from localcloud.sagemaker.control_plane.inference_components import InferenceComponents
from localcloud.sagemaker.hosting.endpoint import Endpoint
from localcloud.sagemaker.hosting.inference_component import InferenceComponent
from localcloud.sagemaker.hosting.variants import ModelVariant


class _Scalable(Protocol):
    """One capacity, of a variant or of an inference component.

    Attributes:
        desired: desired count; None while it cannot be changed.
        failure: reason why the last change failed.
    """

    desired: int | None
    failure: str | None

    def change(self, count: int) -> None: ...


class _Instances:
    def __init__(self, endpoint: Endpoint, variant: ModelVariant) -> None:
        self._endpoint = endpoint
        self._variant = variant
        in_service = endpoint.life.status == "InService"
        self.desired = variant.replicas.desired if in_service else None
        self.failure = endpoint.life.failure_reason

    def change(self, count: int) -> None:
        check_count(self._endpoint, self._variant, count)
        self._endpoint.rescale({self._variant.name: (count, self._variant.replicas.weight)})


class _Copies:
    def __init__(self, component: InferenceComponent) -> None:
        self._component = component
        lives = (component.life, component.endpoint.life)
        in_service = all(life.status == "InService" for life in lives)
        self.desired = component.copies.desired if in_service else None
        self.failure = component.life.failure_reason

    def change(self, count: int) -> None:
        self._component.rescale(count)


class ScaledCapacities:
    """Finds what a scalable target means.

    `endpoint/<name>/variant/<name>`, or `inference-component/<name>`.
    """

    def __init__(self, endpoints: Endpoints, components: InferenceComponents) -> None:
        self._endpoints = endpoints
        self._components = components

    def desired(self, scope: Scope, key: TargetKey) -> int | None:
        """Return the desired count; None while it cannot be changed, or for an unknown resource."""
        found = self._found(scope, key)
        return found.desired if found else None

    def failure(self, scope: Scope, key: TargetKey) -> str | None:
        """Return the reason why the last change failed; None where it did not."""
        found = self._found(scope, key)
        return found.failure if found else None

    def change(self, scope: Scope, key: TargetKey, capacity: int) -> None:
        """Begin to start or to retire replicas.

        Raises:
            ServiceError: There cannot be that many.
        """
        if found := self._found(scope, key):
            found.change(capacity)

    def _found(self, scope: Scope, key: TargetKey) -> _Scalable | None:
        _, name, *rest = key.resource.split("/")
        if key.dimension == COPY_COUNT:
            component = self._components.find(scope, name)
            return _Copies(component) if component else None
        endpoint = self._endpoints.find(scope, name)
        for variant in endpoint.model_variants if endpoint else []:
            if endpoint and variant.name == rest[-1]:
                return _Instances(endpoint, variant)
        return None
