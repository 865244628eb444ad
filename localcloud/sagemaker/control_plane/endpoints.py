"""Operations on endpoints: which change is allowed, and what it deploys."""

from __future__ import annotations

import asyncio
from typing import Protocol

from localcloud.awsjson.service import Operation, Scope, ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.sagemaker.control_plane.endpoint_rules import (
    check_fleet,
    desired_capacities,
    refuse_changed_targets,
    refuse_orphaned_components,
    retained_properties,
)
from localcloud.sagemaker.control_plane.models_and_configs import tag
from localcloud.sagemaker.control_plane.store import (
    Store,
    already_exists,
    listing,
    not_found,
    resource_arn,
)
from localcloud.sagemaker.hosting.component_variant import ComponentVariant
from localcloud.sagemaker.hosting.endpoint import Endpoint
from localcloud.sagemaker.hosting.guardrails import Guardrails
from localcloud.sagemaker.hosting.inference_component import InferenceComponent
from localcloud.sagemaker.hosting.lifecycle import Deletions
from localcloud.sagemaker.hosting.variants import Fleet, ModelVariant, Shadow, Variant
from localcloud.sagemaker.inference.async_queue import AsyncQueue
from localcloud.sagemaker.instances.provisioning import Provisioner
from localcloud.sagemaker.replicas.traffic import Traffic
from localcloud.sagemaker.storage.model_data import ModelCache
from localcloud.sagemaker.storage.objects import Objects


class ScalableTargets(Protocol):
    """The scalable targets of Application Auto Scaling, as far as endpoints depend on them."""

    def registered(self, scope: Scope, endpoint: str) -> set[str]:
        """List the endpoint's variants that are scalable targets."""

    def forget(self, scope: Scope, endpoint: str) -> None:
        """Deregister all of them."""


class Endpoints:
    """Carries endpoints through their lives."""

    def __init__(
        self,
        store: Store,
        models: ModelCache,
        objects: Objects,
        targets: ScalableTargets,
        provisioner: Provisioner,
        *,
        silent_rollbacks: bool = False,
    ) -> None:
        self._store = store
        self._models = models
        self._objects = objects
        self._targets = targets
        self._provisioner = provisioner
        self._silent_rollbacks = silent_rollbacks
        self._deletions = Deletions()

    def operations(self) -> dict[str, Operation]:
        """Return the operations by name."""
        return {
            "CreateEndpoint": self._create,
            "DescribeEndpoint": self._describe,
            "UpdateEndpoint": self._update,
            "UpdateEndpointWeightsAndCapacities": self._rescale,
            "DeleteEndpoint": self._delete,
            "ListEndpoints": self._list,
        }

    def find(self, scope: Scope, name: str) -> Endpoint | None:
        """Find the endpoint of a name. Safe from any thread."""
        resources = self._store.get(scope)
        return resources.endpoints.get(name) if resources else None

    async def settled(self, scope: Scope, name: str) -> None:
        """Wait until an endpoint's last change is done.

        Raises:
            DeploymentFailedError: The change failed.
        """
        await self._found(scope, name).life.settled()

    async def gone(self, scope: Scope, name: str) -> None:
        """Wait until an endpoint's deletion is done."""
        await self._deletions.until(lambda: name not in self._store[scope].endpoints)

    async def close(self) -> None:
        """Stop every engine process."""
        await self._deletions.cancel()
        everything = [one for kept in self._store.values() for one in kept.endpoints.values()]
        await asyncio.gather(*(endpoint.close() for endpoint in everything))

    async def _create(self, parameters: Document, scope: Scope) -> Document:
        name = parameters["EndpointName"]
        resources = self._store[scope]
        if name in resources.endpoints:
            raise already_exists(scope, "endpoint", name)
        config = self._config(scope, parameters["EndpointConfigName"])
        check_fleet(self._provisioner, config, parameters.get("DeploymentConfig"), first=True)
        endpoint = Endpoint(
            name,
            resource_arn(scope, "endpoint", name),
            config,
            Guardrails(scope, self._provisioner.clock),
            silent_rollbacks=self._silent_rollbacks,
        )
        fleet = self._fleet(scope, endpoint, config)
        endpoint.deployment_config = parameters.get("DeploymentConfig")
        if "AsyncInferenceConfig" in config:
            endpoint.queue = AsyncQueue(endpoint, scope, self._objects)
        resources.endpoints[name] = endpoint
        tag(resources, endpoint.arn, parameters)
        endpoint.deploy(config, fleet)
        return {"EndpointArn": endpoint.arn}

    async def _update(self, parameters: Document, scope: Scope) -> Document:
        endpoint = self._changeable(scope, parameters["EndpointName"])
        # SageMaker reads the configuration that serves, too, and fails where it was deleted.
        self._config(scope, endpoint.config["EndpointConfigName"])
        config = self._config(scope, parameters["EndpointConfigName"])
        refuse_changed_targets(endpoint, self._targets.registered(scope, endpoint.name), config)
        components = self._hosted(scope, endpoint)
        refuse_orphaned_components(endpoint, components, config)
        fleet = self._fleet(scope, endpoint, config, retained_properties(endpoint, parameters))
        deployment = endpoint.deployment_config
        if not parameters.get("RetainDeploymentConfig"):
            deployment = parameters.get("DeploymentConfig")
        check_fleet(self._provisioner, config, deployment)
        endpoint.deployment_config = deployment
        deployed = [one for one in components if one.life.status != "Failed"]
        endpoint.deploy(config, fleet, deployed)
        return {"EndpointArn": endpoint.arn}

    async def _rescale(self, parameters: Document, scope: Scope) -> Document:
        endpoint = self._changeable(scope, parameters["EndpointName"])
        endpoint.rescale(desired_capacities(endpoint, parameters["DesiredWeightsAndCapacities"]))
        return {"EndpointArn": endpoint.arn}

    async def _delete(self, parameters: Document, scope: Scope) -> Document:
        endpoint = self._idle(scope, parameters["EndpointName"])
        if self._hosted(scope, endpoint):
            raise ServiceError(
                "Cannot delete endpoint with inference component associated. Please delete "
                "inference component and try it again."
            )
        self._targets.forget(scope, endpoint.name)
        self._deletions.begin(self._finish_delete(endpoint, scope))
        return {}

    async def _finish_delete(self, endpoint: Endpoint, scope: Scope) -> None:
        await endpoint.delete()
        resources = self._store[scope]
        resources.tags.pop(endpoint.arn, None)
        del resources.endpoints[endpoint.name]

    async def _describe(self, parameters: Document, scope: Scope) -> Document:
        return self._found(scope, parameters["EndpointName"]).describe()

    async def _list(self, parameters: Document, scope: Scope) -> Document:
        documents = [one.describe() for one in self._store[scope].endpoints.values()]
        page, token = listing(documents, parameters, kind="Endpoint")
        return {"Endpoints": page, **token}

    def _found(self, scope: Scope, name: str) -> Endpoint:
        endpoint = self.find(scope, name)
        if endpoint is None:
            raise not_found(scope, "endpoint", name)
        return endpoint

    def _idle(self, scope: Scope, name: str) -> Endpoint:
        endpoint = self._found(scope, name)
        if endpoint.status not in ("InService", "Failed"):
            raise ServiceError(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        return endpoint

    def _changeable(self, scope: Scope, name: str) -> Endpoint:
        endpoint = self._idle(scope, name)
        if endpoint.status == "Failed":
            # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html
            raise ServiceError(f'Cannot update failed endpoint "{endpoint.arn}": delete it.')
        return endpoint

    def _config(self, scope: Scope, name: str) -> Document:
        config = self._store[scope].configs.get(name)
        if config is None:
            raise not_found(scope, "endpoint-config", name)
        return config

    def _hosted(self, scope: Scope, endpoint: Endpoint) -> list[InferenceComponent]:
        components = self._store[scope].components.values()
        return [one for one in components if one.endpoint is endpoint]

    def _fleet(
        self,
        scope: Scope,
        endpoint: Endpoint,
        config: Document,
        retained_properties: dict[str, Document] | None = None,
    ) -> Fleet:
        def modelled(given: Document, traffic: Traffic) -> ModelVariant:
            model = self._store[scope].models.get(given["ModelName"])
            if model is None:
                raise not_found(scope, "model", given["ModelName"])
            return ModelVariant(
                {**given, **(retained_properties or {}).get(given["VariantName"], {})},
                model,
                scope,
                endpoint=endpoint.name,
                traffic=traffic,
                models=self._models,
                provisioner=self._provisioner,
            )

        def variant(given: Document) -> Variant:
            if "ModelName" not in given:
                return ComponentVariant(given, self._provisioner)
            return modelled(given, endpoint.traffic)

        shadow = None
        for given in config.get("ShadowProductionVariants", []):
            copies = Traffic()
            shadow = Shadow(modelled(given, copies), copies)
        return Fleet([variant(given) for given in config["ProductionVariants"]], shadow)
