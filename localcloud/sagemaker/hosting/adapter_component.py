"""An adapter inference component: a LoRA adapter on the copies of a base component.

It has no copies and no compute of its own:
https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-adapt.html
"""

from __future__ import annotations

from localcloud.awsjson.shapes import Document
from localcloud.ministack_hooks.iam import Session
from localcloud.sagemaker.hosting.endpoint import Endpoint
from localcloud.sagemaker.hosting.inference_component import InferenceComponent
from localcloud.sagemaker.hosting.lifecycle import Lifecycle
from localcloud.sagemaker.instances.errors import DeploymentFailedError
from localcloud.sagemaker.replicas.traffic import ReplicaSet, Traffic
from localcloud.sagemaker.storage.model_data import ModelCache, ModelDataError


class AdapterComponent:
    """An adapter that requests reach by a component's name.

    Attributes:
        state: change that is under way, as refusals name it.
        copies: counts the requests that found no copy of the base; holds none itself.
    """

    def __init__(
        self, name: str, arn: str, base: InferenceComponent, *, models: ModelCache, session: Session
    ) -> None:
        self.name = name
        self.arn = arn
        self.base = base
        self.life = Lifecycle(f"adapter component {name}")
        self.state = "CREATE_IN_PROGRESS"
        self.copies = ReplicaSet(name=base.copies.name, routing=base.copies.routing)
        self._models = models
        self._session = session
        self._specification: Document = {}

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint of the base."""
        return self.base.endpoint

    @property
    def traffic(self) -> Traffic:
        """The routes to the copies of the base."""
        return self.base.traffic

    @property
    def log_group(self) -> str:
        """The log group of the copies of the base."""
        return self.base.log_group

    @property
    def is_empty(self) -> bool:
        """True while no copy can have the adapter."""
        return self.base.is_empty

    def load(self, specification: Document, state: str = "CREATE_IN_PROGRESS") -> None:
        """Begin to bring the adapter to every copy of the base, in the place of an earlier one."""
        self.state = state

        async def change() -> None:
            await self._withdraw()
            url = specification["Container"]["ArtifactUrl"]
            try:
                directory = await self._models.directory({"ModelDataUrl": url}, self._session)
            except ModelDataError as error:
                raise DeploymentFailedError(str(error)) from error
            self.base.adapters[self.name] = directory
            try:
                await self.base.bring_adapters()
            except DeploymentFailedError:
                del self.base.adapters[self.name]
                raise
            self._specification = specification

        self.life.begin(change)

    async def delete(self) -> None:
        """Have the copies forget the adapter."""
        self.life.begin_delete()
        self.state = "DELETE_IN_PROGRESS"
        await self._withdraw()

    async def close(self) -> None:
        """Break off a change in progress."""
        await self.life.cancel()

    def describe(self) -> Document:
        """Describe the component as `DescribeInferenceComponent` does."""
        return {
            "InferenceComponentName": self.name,
            "InferenceComponentArn": self.arn,
            "EndpointName": self.endpoint.name,
            "EndpointArn": self.endpoint.arn,
            "VariantName": self.copies.name,
            "FailureReason": self.life.failure_reason,
            "Specification": self._specification,
            "CreationTime": self.life.created,
            "LastModifiedTime": self.life.modified,
            "InferenceComponentStatus": self.life.status,
        }

    async def _withdraw(self) -> None:
        if self.base.adapters.pop(self.name, None):
            await self.base.bring_adapters()
