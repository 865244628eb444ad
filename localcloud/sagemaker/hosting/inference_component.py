"""An inference component's life: created, scaled, renewed copy by copy, deleted."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from localcloud.awsjson.service import Scope
from localcloud.awsjson.shapes import Document
from localcloud.local_http import UpstreamError
from localcloud.ministack_hooks.iam import Session
from localcloud.sagemaker.hosting.component_variant import ComponentVariant, SharedPlacement
from localcloud.sagemaker.hosting.deployment_policy import EVERYTHING, Policy
from localcloud.sagemaker.hosting.endpoint import Endpoint, Relocation
from localcloud.sagemaker.hosting.lifecycle import Change, Lifecycle
from localcloud.sagemaker.hosting.variants import Variant
from localcloud.sagemaker.instances.errors import DeploymentFailedError
from localcloud.sagemaker.instances.provisioning import Instance, Provisioner
from localcloud.sagemaker.replicas.container import make_container
from localcloud.sagemaker.replicas.container_logs import ContainerLog
from localcloud.sagemaker.replicas.replica import stop_all
from localcloud.sagemaker.replicas.rollout import Blueprint, Rollout
from localcloud.sagemaker.replicas.routing import routing_of
from localcloud.sagemaker.replicas.traffic import ReplicaSet, Traffic
from localcloud.sagemaker.storage.model_data import ModelCache


class InferenceComponent:
    """A model on an endpoint's instances, in as many copies as are wanted.

    Attributes:
        state: change that is under way, as refusals name it.
        specification: specification that serves; a change that fails leaves it as it was.
        adapters: directories of the adapters that each copy loads, by name.
    """

    def __init__(
        self,
        name: str,
        arn: str,
        endpoint: Endpoint,
        variant: ComponentVariant,
        scope: Scope,
        *,
        models: ModelCache,
        provisioner: Provisioner,
    ) -> None:
        self.name = name
        self.arn = arn
        self.endpoint = endpoint
        self.copies = ReplicaSet(name=variant.name, routing=routing_of(variant.config))
        self.traffic = Traffic()
        self.traffic.shift([self.copies])
        self.life = Lifecycle(f"inference component {name}")
        self.state = "CREATE_IN_PROGRESS"
        self.log_group = f"/aws/sagemaker/InferenceComponents/{name}"
        self.specification: Document = {}
        self.adapters: dict[str, Path] = {}
        self._deployment: Document | None = None
        self._variant = variant
        role = endpoint.config["ExecutionRoleArn"]
        self._session = Session(role, "SageMaker", scope.region)
        self._models = models
        self._rollout = Rollout(self.copies, self.traffic, provisioner, self._log)
        self._blueprint: Blueprint | None = None

    def create(self, specification: Document, model: Document, count: int) -> None:
        """Begin to start the first copies."""
        self.specification, self.copies.desired = specification, count

        async def change() -> None:
            blueprint = await self._prepared(specification, model)
            self._rollout.admit(await self._rollout.launch(blueprint, count))
            self._blueprint = blueprint

        self.life.begin(change)

    def rescale(self, count: int) -> None:
        """Begin to start or to retire copies."""

        async def change() -> None:
            await self._rollout.scale(self._serving, count)

        self._begin(change, "UPDATE_RC_IN_PROGRESS")

    def update(
        self,
        specification: Document,
        model: Document,
        *,
        count: int | None,
        deployment: Document | None,
    ) -> None:
        """Begin to replace every copy by one of another specification, then to have so many."""
        self._deployment = deployment
        present = len(self.copies.replicas)
        policy = Policy.of(deployment, present)
        watch = self.endpoint.guardrails.watch(policy)

        async def change() -> None:
            blueprint = await self._prepared(specification, model)
            await self._rollout.replace(
                blueprint,
                self._serving,
                (policy.batch or EVERYTHING).of_total(present),
                rollback_batch=policy.rollback_batch.of_total(present),
                watched=watch.bake,
            )
            self.specification, self._blueprint = specification, blueprint
            if count is not None:
                await self._rollout.scale(blueprint, count)

        self._begin(change, "UPDATE_IN_PROGRESS")

    async def prepare_on(self, variants: Iterable[Variant]) -> Relocation:
        """Start as many copies as there are on the instances of the same variant, anew.

        Raises:
            DeploymentFailedError: There is no room, or one never became healthy; none is left.
        """
        (variant,) = (
            one
            for one in variants
            if isinstance(one, ComponentVariant) and one.name == self.copies.name
        )
        placement = SharedPlacement.of(self.specification, variant)
        blueprint = replace(self._serving, placement=placement)
        copies = await self._rollout.launch(blueprint, len(self.copies.replicas))

        async def commit() -> None:
            self._variant, self._blueprint = variant, blueprint
            self.copies.routing = routing_of(variant.config)
            await self._rollout.swap(self.copies.replicas, copies)

        return Relocation(commit, lambda: stop_all(copies))

    async def delete(self) -> None:
        """Stop serving: no new requests, then the copies as they become idle."""
        self.life.begin_delete()
        self.state = "DELETE_IN_PROGRESS"
        self.traffic.shift(())
        await self._rollout.drain()

    async def close(self) -> None:
        """Stop everything now, a change in progress too."""
        await self.life.cancel()
        await self._rollout.stop()

    def describe(self) -> Document:
        """Describe the component as `DescribeInferenceComponent` does."""
        return {
            "InferenceComponentName": self.name,
            "InferenceComponentArn": self.arn,
            "EndpointName": self.endpoint.name,
            "EndpointArn": self.endpoint.arn,
            "VariantName": self.copies.name,
            "FailureReason": self.life.failure_reason,
            "Specification": _described(self.specification),
            "RuntimeConfig": self._counts(),
            "CreationTime": self.life.created,
            "LastModifiedTime": self.life.modified,
            "InferenceComponentStatus": self.life.status,
            "LastDeploymentConfig": self._deployment,
        }

    @property
    def is_empty(self) -> bool:
        """True while there is no copy."""
        return not self.copies.replicas

    async def bring_adapters(self) -> None:
        """Have every copy that runs load the adapters that it is to have, and no other.

        Raises:
            DeploymentFailedError: One refuses, or broke off.
        """
        for replica in self.copies.replicas:
            if port := replica.port:
                try:
                    await replica.bring_adapters(port)
                except UpstreamError as error:
                    raise DeploymentFailedError(f"The container broke off: {error}") from error

    @property
    def _serving(self) -> Blueprint:
        assert self._blueprint is not None  # noqa: S101 - only what is in service is changed
        return self._blueprint

    def _begin(self, change: Change, state: str) -> None:
        self.state = state
        self.life.begin(change)

    async def _prepared(self, specification: Document, model: Document) -> Blueprint:
        unhealthy = (
            f"The primary container for inference component {self.name} did not pass the ping "
            "health check. Please check CloudWatch logs for this inference component."
        )
        container = await make_container(
            model,
            replace(self._session, role=model.get("ExecutionRoleArn", self._session.role)),
            self._models,
            unhealthy=unhealthy,
            limits=specification.get("StartupParameters"),
        )
        container = replace(container, adapters=self.adapters)
        return Blueprint(container, SharedPlacement.of(specification, self._variant))

    def _log(self, instance: Instance) -> ContainerLog:
        stream = f"{self.copies.name}/{instance.id}/{uuid.uuid4().hex[:8]}"
        return ContainerLog(self._session, self.log_group, stream)

    def _counts(self) -> Document:
        placed = Counter(one.slot.instance.type for one in self.copies.replicas)
        counts = [
            {"InstanceType": kind, "CurrentCopyCount": count} for kind, count in placed.items()
        ]
        return {
            "DesiredCopyCount": self.copies.desired,
            "CurrentCopyCount": len(self.copies.replicas),
            "PlacementStatus": counts or None,
        }


def _described(specification: Document) -> Document:
    container = specification.get("Container")
    if container is None:
        return specification
    deployed = {"DeployedImage": {"SpecifiedImage": container["Image"]}}
    return {**specification, "Container": {**container, **deployed}}
