"""Operations on inference components: which change is allowed, and what it deploys."""

from __future__ import annotations

import asyncio
from typing import Protocol

from localcloud.awsjson.service import Operation, Scope, ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.sagemaker.control_plane.adapter_components import BASE, AdapterComponents
from localcloud.sagemaker.control_plane.models_and_configs import tag
from localcloud.sagemaker.control_plane.store import (
    Store,
    already_exists,
    listing,
    not_found,
    resource_arn,
)
from localcloud.sagemaker.hosting.adapter_component import AdapterComponent
from localcloud.sagemaker.hosting.component_variant import ComponentVariant
from localcloud.sagemaker.hosting.endpoint import Endpoint
from localcloud.sagemaker.hosting.inference_component import InferenceComponent
from localcloud.sagemaker.hosting.lifecycle import Deletions
from localcloud.sagemaker.instances.provisioning import Provisioner
from localcloud.sagemaker.storage.model_data import ModelCache

Component = InferenceComponent | AdapterComponent


class ScalableTargets(Protocol):
    """The scalable targets of Application Auto Scaling, as far as components depend on them."""

    def forget_component(self, scope: Scope, component: str) -> None:
        """Deregister a component's copy count, if it is a scalable target."""


class InferenceComponents:
    """Carries inference components through their lives."""

    def __init__(
        self,
        store: Store,
        models: ModelCache,
        targets: ScalableTargets,
        provisioner: Provisioner,
    ) -> None:
        self._store = store
        self._models = models
        self._targets = targets
        self._provisioner = provisioner
        self._adapters = AdapterComponents(store, models)
        self._deletions = Deletions()

    def operations(self) -> dict[str, Operation]:
        """Return the operations by name."""
        return {
            "CreateInferenceComponent": self._create,
            "DescribeInferenceComponent": self._describe,
            "UpdateInferenceComponent": self._update,
            "UpdateInferenceComponentRuntimeConfig": self._rescale,
            "DeleteInferenceComponent": self._delete,
            "ListInferenceComponents": self._list,
        }

    def find(self, scope: Scope, name: str) -> InferenceComponent | None:
        """Find the component of a name that has copies. Safe from any thread."""
        resources = self._store.get(scope)
        return resources.components.get(name) if resources else None

    def serving(self, scope: Scope, name: str) -> Component | None:
        """Find the component of a name, an adapter's too. Safe from any thread."""
        resources = self._store.get(scope)
        return self.find(scope, name) or (resources.adapters.get(name) if resources else None)

    async def settled(self, scope: Scope, name: str) -> None:
        """Wait until a component's last change is done.

        Raises:
            DeploymentFailedError: The change failed.
        """
        await self._found(scope, name).life.settled()

    async def gone(self, scope: Scope, name: str) -> None:
        """Wait until a component's deletion is done."""
        await self._deletions.until(lambda: self.serving(scope, name) is None)

    async def close(self) -> None:
        """Stop every engine process."""
        await self._deletions.cancel()
        await self._adapters.close()
        everything = [one for kept in self._store.values() for one in kept.components.values()]
        await asyncio.gather(*(component.close() for component in everything))

    async def _create(self, parameters: Document, scope: Scope) -> Document:
        name = parameters["InferenceComponentName"]
        resources = self._store[scope]
        if self.serving(scope, name):
            raise already_exists(scope, "inference-component", name)
        if BASE in parameters.get("Specification", {}):
            return self._adapters.create(parameters, scope)
        specification, model = self._specification(parameters, scope)
        count = parameters.get("RuntimeConfig", {}).get("CopyCount", 1)
        if count == 0:
            # https://github.com/stdapi-ai/stdapi.ai/issues/43
            raise ServiceError("Inference components copy count an integer larger than 0")
        endpoint = self._serving(scope, parameters["EndpointName"])
        component = InferenceComponent(
            name,
            resource_arn(scope, "inference-component", name),
            endpoint,
            _variant(endpoint, parameters.get("VariantName")),
            scope,
            models=self._models,
            provisioner=self._provisioner,
        )
        resources.components[name] = component
        tag(resources, component.arn, parameters)
        component.create(specification, model, count)
        return {"InferenceComponentArn": component.arn}

    async def _update(self, parameters: Document, scope: Scope) -> Document:
        component = self._changeable(scope, parameters["InferenceComponentName"])
        if isinstance(component, AdapterComponent):
            return self._adapters.update(component, parameters, scope)
        count = parameters.get("RuntimeConfig", {}).get("CopyCount")
        if "Specification" in parameters or "Specifications" in parameters:
            specification, model = self._specification(parameters, scope)
            deployment = parameters.get("DeploymentConfig")
            component.update(specification, model, count=count, deployment=deployment)
        elif count is not None:
            component.rescale(count)
        else:
            raise ServiceError("RuntimeConfig or Specification must be specified")
        return {"InferenceComponentArn": component.arn}

    async def _rescale(self, parameters: Document, scope: Scope) -> Document:
        component = self._changeable(scope, parameters["InferenceComponentName"])
        if isinstance(component, AdapterComponent):
            raise ServiceError("An adapter component has no copies of its own")
        component.rescale(parameters["DesiredRuntimeConfig"]["CopyCount"])
        return {"InferenceComponentArn": component.arn}

    async def _delete(self, parameters: Document, scope: Scope) -> Document:
        component = self._idle(scope, parameters["InferenceComponentName"], "delete")
        if isinstance(component, InferenceComponent):
            self._adapters.refuse_orphans(component)
        self._targets.forget_component(scope, component.name)
        self._deletions.begin(self._finish_delete(component, scope))
        return {}

    async def _finish_delete(self, component: Component, scope: Scope) -> None:
        await component.delete()
        resources = self._store[scope]
        resources.tags.pop(component.arn, None)
        resources.components.pop(component.name, None)
        resources.adapters.pop(component.name, None)

    async def _describe(self, parameters: Document, scope: Scope) -> Document:
        return self._found(scope, parameters["InferenceComponentName"]).describe()

    async def _list(self, parameters: Document, scope: Scope) -> Document:
        resources = self._store[scope]
        everything: list[Component] = [*resources.components.values()]
        everything += resources.adapters.values()
        documents = [one.describe() for one in everything]
        for member in ("EndpointName", "VariantName"):
            wanted = parameters.get(f"{member}Equals")
            documents = [one for one in documents if wanted in (None, one[member])]
        page, token = listing(documents, parameters, kind="InferenceComponent")
        return {"InferenceComponents": page, **token}

    def _found(self, scope: Scope, name: str) -> Component:
        component = self.serving(scope, name)
        if component is None:
            raise not_found(scope, "inference-component", name)
        return component

    def _idle(self, scope: Scope, name: str, action: str) -> Component:
        component = self._found(scope, name)
        if component.life.status not in ("InService", "Failed"):
            raise ServiceError(
                f'Cannot {action} inference component "{component.arn}" while it is in state '
                f"{component.state}."
            )
        if component.endpoint.life.changing:
            raise ServiceError(
                f'Cannot {action} inference component "{component.arn}" while endpoint '
                f'"{component.endpoint.arn}" is Updating.'
            )
        return component

    def _changeable(self, scope: Scope, name: str) -> Component:
        component = self._idle(scope, name, "update")
        if component.life.status == "Failed":
            raise ServiceError(f'Cannot update failed inference component "{component.arn}".')
        return component

    def _serving(self, scope: Scope, name: str) -> Endpoint:
        endpoint = self._store[scope].endpoints.get(name)
        if endpoint is None:
            raise not_found(scope, "endpoint", name)
        if endpoint.life.status != "InService":
            raise ServiceError(
                f'The endpoint "{endpoint.arn}" must be InService, it is {endpoint.life.status}.'
            )
        return endpoint

    def _specification(self, parameters: Document, scope: Scope) -> tuple[Document, Document]:
        """Return a request's specification, and the model it names or describes."""
        specification: Document = parameters.get("Specification", {})
        if "Specifications" in parameters:
            raise ServiceError("not emulated: Specifications (one for each instance type)")
        if "ComputeResourceRequirements" not in specification:
            raise ServiceError("Specification needs ComputeResourceRequirements")
        name, container = specification.get("ModelName"), specification.get("Container")
        if (name is None) == (container is None):
            raise ServiceError("Specification needs ModelName or Container, and not both")
        if container is None:
            model = self._store[scope].models.get(str(name))
            if model is None:
                raise not_found(scope, "model", str(name))
            return specification, model
        if "Image" not in container:
            raise ServiceError("Specification.Container needs Image")
        data = {"ModelDataUrl": container.get("ArtifactUrl")}
        return specification, {"PrimaryContainer": {**container, **data}}


def _variant(endpoint: Endpoint, name: str | None) -> ComponentVariant:
    if not endpoint.component_variants:
        # https://github.com/hashicorp/terraform-provider-aws/issues/40644
        raise ServiceError(
            "Inference Components are not supported in this Endpoint. Please make sure this "
            "endpoint can deploy inference components."
        )
    for variant in endpoint.component_variants:
        if name == variant.name or (name is None and len(endpoint.component_variants) == 1):
            return variant
    raise ServiceError(f'Could not find variant "{variant}" of endpoint "{endpoint.arn}".')
