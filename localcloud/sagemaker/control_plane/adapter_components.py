"""Operations on adapter inference components: which change is allowed, and what it loads."""

from __future__ import annotations

import asyncio

from localcloud.awsjson.service import Scope, ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.ministack_hooks.iam import Session
from localcloud.sagemaker.control_plane.models_and_configs import tag
from localcloud.sagemaker.control_plane.store import Store, not_found, resource_arn
from localcloud.sagemaker.hosting.adapter_component import AdapterComponent
from localcloud.sagemaker.hosting.inference_component import InferenceComponent
from localcloud.sagemaker.storage.model_data import ModelCache

BASE = "BaseInferenceComponentName"
"""The member of a specification that makes a component an adapter's."""


class AdapterComponents:
    """Carries adapter components through their lives."""

    def __init__(self, store: Store, models: ModelCache) -> None:
        self._store = store
        self._models = models

    async def close(self) -> None:
        """Break off what is under way."""
        everything = [one for kept in self._store.values() for one in kept.adapters.values()]
        await asyncio.gather(*(adapter.close() for adapter in everything))

    def create(self, parameters: Document, scope: Scope) -> Document:
        """Begin to bring an adapter to the copies of its base."""
        name = parameters["InferenceComponentName"]
        specification = _checked(parameters)
        base = self._base(scope, specification[BASE])
        if base.endpoint.name != parameters["EndpointName"]:
            raise ServiceError(f"EndpointName must be that of the base, {base.endpoint.name}")
        role = base.endpoint.config["ExecutionRoleArn"]
        arn = resource_arn(scope, "inference-component", name)
        session = Session(role, "SageMaker", scope.region)
        adapter = AdapterComponent(name, arn, base, models=self._models, session=session)
        resources = self._store[scope]
        resources.adapters[name] = adapter
        tag(resources, arn, parameters)
        adapter.load(specification)
        return {"InferenceComponentArn": arn}

    def update(self, adapter: AdapterComponent, parameters: Document, scope: Scope) -> Document:
        """Begin to bring another adapter in the place of one."""
        specification = _checked(parameters)
        if self._base(scope, specification[BASE]) is not adapter.base:
            raise ServiceError(f"{BASE} of an adapter component cannot be changed")
        adapter.load(specification, "UPDATE_IN_PROGRESS")
        return {"InferenceComponentArn": adapter.arn}

    def refuse_orphans(self, base: InferenceComponent) -> None:
        """Refuse to delete a component that adapters are on.

        Raises:
            ServiceError: There are some.
        """
        if base.adapters:
            raise ServiceError(
                f'Cannot delete inference component "{base.arn}": adapter components '
                f"{', '.join(base.adapters)} are on it."
            )

    def _base(self, scope: Scope, name: str) -> InferenceComponent:
        base = self._store[scope].components.get(name)
        if base is None:
            raise not_found(scope, "inference-component", name)
        if base.life.status != "InService":
            raise ServiceError(
                f'The base inference component "{base.arn}" must be InService, it is '
                f"{base.life.status}."
            )
        return base


def _checked(parameters: Document) -> Document:
    """Return a specification that names a base and an archive, and nothing that needs compute.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_InferenceComponentSpecification.html
    """
    specification: Document = parameters["Specification"]
    url = specification.get("Container", {}).get("ArtifactUrl", "")
    if not url.endswith(".tar.gz"):
        raise ServiceError(
            "An adapter component needs Container.ArtifactUrl, the address of one .tar.gz"
        )
    for member in ("ComputeResourceRequirements", "ModelName"):
        if member in specification:
            raise ServiceError(f"An adapter component has no compute of its own: {member}")
    if "RuntimeConfig" in parameters:
        raise ServiceError("An adapter component has no copies of its own: RuntimeConfig")
    return specification
