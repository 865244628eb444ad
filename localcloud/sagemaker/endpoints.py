"""Operations on endpoints: which change is allowed, and what it deploys."""

from __future__ import annotations

import asyncio
from typing import Protocol

from localcloud.awsjson.service import Operation, Scope, ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.sagemaker.artifacts import ModelCache
from localcloud.sagemaker.async_queue import AsyncQueue
from localcloud.sagemaker.catalog import tag
from localcloud.sagemaker.endpoint import Endpoint
from localcloud.sagemaker.fleet import Fleet, VariantPlan
from localcloud.sagemaker.objects import Objects
from localcloud.sagemaker.store import (
    Store,
    already_exists,
    listing,
    not_found,
    resource_arn,
)


class ScalableTargets(Protocol):
    """What endpoints need to know of Application Auto Scaling."""

    def registered(self, scope: Scope, endpoint: str) -> set[str]:
        """The endpoint's variants that are scalable targets."""

    def forget(self, scope: Scope, endpoint: str) -> None:
        """Deregister all of them."""


class Endpoints:
    """Carries endpoints through their lives."""

    def __init__(
        self, store: Store, models: ModelCache, objects: Objects, targets: ScalableTargets
    ) -> None:
        self._store = store
        self._models = models
        self._objects = objects
        self._targets = targets
        self._deleting: set[asyncio.Task[None]] = set()

    def operations(self) -> dict[str, Operation]:
        """The operations by name."""
        return {
            "CreateEndpoint": self._create,
            "DescribeEndpoint": self._describe,
            "UpdateEndpoint": self._update,
            "UpdateEndpointWeightsAndCapacities": self._rescale,
            "DeleteEndpoint": self._delete,
            "ListEndpoints": self._list,
        }

    def find(self, scope: Scope, name: str) -> Endpoint | None:
        """The endpoint of that name. Safe from any thread."""
        resources = self._store.get(scope)
        return resources.endpoints.get(name) if resources else None

    async def settled(self, scope: Scope, name: str) -> None:
        """Wait until an endpoint's last change is done.

        Raises:
            DeploymentFailedError: The change failed.
        """
        await self._found(scope, name).settled()

    async def gone(self, scope: Scope, name: str) -> None:
        """Wait until an endpoint's deletion is done."""
        while self._deleting and name in self._store[scope].endpoints:
            await asyncio.wait(self._deleting, return_when=asyncio.FIRST_COMPLETED)

    async def close(self) -> None:
        """Stop every engine process."""
        everything = [one for kept in self._store.values() for one in kept.endpoints.values()]
        deleting = list(self._deleting)
        for task in deleting:
            task.cancel()
        await asyncio.gather(*deleting, return_exceptions=True)
        await asyncio.gather(*(endpoint.close() for endpoint in everything))

    async def _create(self, parameters: Document, scope: Scope) -> Document:
        name = parameters["EndpointName"]
        resources = self._store[scope]
        if name in resources.endpoints:
            raise already_exists(scope, "endpoint", name)
        config = self._config(scope, parameters["EndpointConfigName"])
        plans = self._plans(scope, config)
        endpoint = Endpoint(name, resource_arn(scope, "endpoint", name), config)
        endpoint.deployment_config = parameters.get("DeploymentConfig")
        if "AsyncInferenceConfig" in config:
            endpoint.queue = AsyncQueue(endpoint, scope, self._objects)
        resources.endpoints[name] = endpoint
        tag(resources, endpoint.arn, parameters)
        endpoint.deploy(config, Fleet(name, scope, self._models), plans)
        return {"EndpointArn": endpoint.arn}

    async def _update(self, parameters: Document, scope: Scope) -> Document:
        endpoint = self._changeable(scope, parameters["EndpointName"])
        # SageMaker reads the configuration that serves, too, and fails where it was deleted.
        self._config(scope, endpoint.config["EndpointConfigName"])
        config = self._config(scope, parameters["EndpointConfigName"])
        if ("AsyncInferenceConfig" in config) != (endpoint.queue is not None):
            raise ServiceError("An endpoint cannot be updated to or from asynchronous inference.")
        self._refuse_unscalable(scope, endpoint, config)
        plans = self._plans(scope, config, _retained(endpoint, parameters))
        if not parameters.get("RetainDeploymentConfig"):
            endpoint.deployment_config = parameters.get("DeploymentConfig")
        endpoint.deploy(config, Fleet(endpoint.name, scope, self._models), plans)
        return {"EndpointArn": endpoint.arn}

    async def _rescale(self, parameters: Document, scope: Scope) -> Document:
        endpoint = self._changeable(scope, parameters["EndpointName"])
        variants = {variant.name: variant for variant in endpoint.variants}
        desired: dict[str, tuple[int, float]] = {}
        for change in parameters["DesiredWeightsAndCapacities"]:
            name = change["VariantName"]
            if name not in variants:
                raise ServiceError(f'Could not find variant "{name}" of endpoint "{endpoint.arn}".')
            count = change.get("DesiredInstanceCount", variants[name].desired)
            check_count(endpoint, name, count)
            desired[name] = count, change.get("DesiredWeight", variants[name].weight)
        endpoint.rescale(desired)
        return {"EndpointArn": endpoint.arn}

    async def _delete(self, parameters: Document, scope: Scope) -> Document:
        endpoint = self._idle(scope, parameters["EndpointName"])
        self._targets.forget(scope, endpoint.name)
        task = asyncio.create_task(self._finish_delete(endpoint, scope))
        self._deleting.add(task)
        task.add_done_callback(self._deleting.discard)
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

    def _plans(
        self,
        scope: Scope,
        config: Document,
        retained: dict[str, tuple[int | None, float | None]] | None = None,
    ) -> list[VariantPlan]:
        plans = []
        for variant in config["ProductionVariants"]:
            model = self._store[scope].models.get(variant["ModelName"])
            if model is None:
                raise not_found(scope, "model", variant["ModelName"])
            count, weight = (retained or {}).get(variant["VariantName"], (None, None))
            plans.append(
                VariantPlan(
                    config=variant,
                    model=model,
                    count=variant["InitialInstanceCount"] if count is None else count,
                    weight=variant.get("InitialVariantWeight", 1.0) if weight is None else weight,
                )
            )
        return plans

    def _refuse_unscalable(self, scope: Scope, endpoint: Endpoint, config: Document) -> None:
        """A scalable target's variant must stay, with its instance type.

        https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
        """
        new = {one["VariantName"]: one["InstanceType"] for one in config["ProductionVariants"]}
        changed = [
            old["VariantName"]
            for old in endpoint.config["ProductionVariants"]
            if old["VariantName"] in self._targets.registered(scope, endpoint.name)
            and new.get(old["VariantName"]) != old["InstanceType"]
        ]
        if changed:
            raise ServiceError(
                f'The variant(s) "[{", ".join(changed)}]" must be deregistered as a scalable '
                "target with AWS Auto Scaling before being removed or updated."
            )


def check_count(endpoint: Endpoint, variant: str, count: int) -> None:
    """Refuse an instance count that a variant cannot have.

    Raises:
        ServiceError: It is to have none, and its endpoint is not asynchronous.
    """
    if count == 0 and endpoint.queue is None:
        raise ServiceError(
            f'DesiredInstanceCount of variant "{variant}" must be at least 1, got 0: only an '
            "asynchronous endpoint can have no instances."
        )


def _retained(
    endpoint: Endpoint, parameters: Document
) -> dict[str, tuple[int | None, float | None]]:
    """Instance counts and weights that survive an update, by variant name."""
    if not parameters.get("RetainAllVariantProperties"):
        return {}
    excluded = {
        one["VariantPropertyType"] for one in parameters.get("ExcludeRetainedVariantProperties", [])
    }
    return {
        variant.name: (
            None if "DesiredInstanceCount" in excluded else variant.desired,
            None if "DesiredWeight" in excluded else variant.weight,
        )
        for variant in endpoint.variants
    }
