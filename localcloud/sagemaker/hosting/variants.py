"""The variants of an endpoint configuration, as they run."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from localcloud.awsjson.service import Scope
from localcloud.awsjson.shapes import Document
from localcloud.ministack_hooks.iam import Session
from localcloud.sagemaker.instances.provisioning import (
    DedicatedPlacement,
    Instance,
    Provisioner,
    types_of,
)
from localcloud.sagemaker.replicas.container import make_container
from localcloud.sagemaker.replicas.container_logs import ContainerLog
from localcloud.sagemaker.replicas.rollout import Blueprint, Rollout
from localcloud.sagemaker.replicas.routing import routing_of
from localcloud.sagemaker.replicas.traffic import ReplicaSet, Traffic
from localcloud.sagemaker.storage.model_data import ModelCache

Part = Callable[[int], int]
"""The number of instances to begin with, of so many."""


class Variant(Protocol):
    """A production variant."""

    name: str

    async def start(self, part: Part | None = None) -> None:
        """Bring the variant up, for the first time; where it has a model, only part of it.

        Raises:
            DeploymentFailedError: It cannot be.
        """

    async def drain(self) -> None:
        """Bring the variant down once its requests are answered; no new requests must come."""

    async def stop(self) -> None:
        """Bring the variant down now."""

    def describe(self) -> Document:
        """Describe the variant as `DescribeEndpoint` does."""


class ModelVariant:
    """A variant with a model: one container on each of its instances.

    Attributes:
        session: the model's role.
        count: instances that were asked for, while a deployment has fewer or more of them.
    """

    def __init__(
        self,
        config: Document,
        model: Document,
        scope: Scope,
        *,
        endpoint: str,
        traffic: Traffic,
        models: ModelCache,
        provisioner: Provisioner,
    ) -> None:
        self.name: str = config["VariantName"]
        self.replicas = ReplicaSet(
            name=self.name,
            desired=config["InitialInstanceCount"],
            weight=config.get("InitialVariantWeight", 1.0),
            routing=routing_of(config),
        )
        self.count: int = config["InitialInstanceCount"]
        self._config = config
        self._model = model
        self.session = Session(model["ExecutionRoleArn"], "SageMaker", scope.region)
        self._models = models
        self._provisioner = provisioner
        self._types = types_of(config)
        self._placement = DedicatedPlacement(provisioner, self._types)
        self._log_group = f"/aws/sagemaker/Endpoints/{endpoint}"
        self._rollout = Rollout(self.replicas, traffic, provisioner, self._log)
        self._blueprint: Blueprint | None = None

    async def start(self, part: Part | None = None) -> None:
        """Start the instances, or part of them.

        Raises:
            DeploymentFailedError: They cannot be had, or one never became healthy.
        """
        unhealthy = (
            f"The primary container for production variant {self.name} did not pass the ping "
            "health check. Please check CloudWatch logs for this endpoint."
        )
        container = await make_container(
            self._model, self.session, self._models, unhealthy=unhealthy, limits=self._config
        )
        self._blueprint = Blueprint(container, self._placement)
        count = min(self.count, part(self.count)) if part else self.count
        self._rollout.admit(await self._rollout.launch(self._blueprint, count))

    def check_growth(self, count: int) -> None:
        """Refuse more instances than the account may have.

        Raises:
            ServiceError: A quota would be exceeded.
        """
        if (more := count - self.replicas.desired) > 0:
            self._provisioner.check(self._types, more)

    async def scale(self, count: int) -> None:
        """Bring it to so many instances.

        Raises:
            DeploymentFailedError: A new one cannot be had or never became healthy; the old ones
                serve on.
        """
        assert self._blueprint is not None  # noqa: S101 - only what is in service is scaled
        await self._rollout.scale(self._blueprint, count)

    async def drain(self) -> None:
        """Stop the instances as soon as their requests are answered; no new ones must come."""
        await self._rollout.drain()

    async def stop(self) -> None:
        """Stop the instances now."""
        await self._rollout.stop()

    def describe(self) -> Document:
        """Describe the variant as `DescribeEndpoint` does."""
        replicas = self.replicas
        return {
            **summary(self._config, [one.slot.instance for one in replicas.replicas]),
            "DesiredInstanceCount": replicas.desired,
            "CurrentWeight": replicas.weight,
            "DesiredWeight": replicas.weight,
        }

    def _log(self, instance: Instance) -> ContainerLog:
        return ContainerLog(self.session, self._log_group, f"{self.name}/{instance.id}")


def summary(config: Document, instances: Sequence[Instance]) -> Document:
    """Describe a variant's configuration and instances as `DescribeEndpoint` does."""
    counts = Counter(instance.type for instance in instances)
    pools = [
        {"InstanceType": kind, "CurrentInstanceCount": counts[kind]} for kind in types_of(config)
    ]
    return {
        "VariantName": config["VariantName"],
        "CurrentInstanceCount": len(instances),
        "InstancePools": pools if "InstancePools" in config else None,
        "ManagedInstanceScaling": config.get("ManagedInstanceScaling"),
        "RoutingConfig": config.get("RoutingConfig"),
    }


@dataclass(frozen=True)
class Shadow:
    """A variant that gets copies of the requests to another, and answers nobody.

    Attributes:
        variant: the variant, which has a traffic of its own.
        traffic: routes copies to its instances.
    """

    variant: ModelVariant
    traffic: Traffic

    def serve(self) -> None:
        """Let the instances take copies."""
        self.traffic.shift([self.variant.replicas])


class Fleet:
    """The variants of one endpoint configuration.

    Attributes:
        variants: those that answer.
        shadow: the one that does not, if any.
    """

    def __init__(self, variants: Sequence[Variant], shadow: Shadow | None = None) -> None:
        self.variants = variants
        self.shadow = shadow

    @property
    def shadow_variants(self) -> list[ModelVariant]:
        """The shadow's variant, where there is one."""
        return [self.shadow.variant] if self.shadow else []

    async def start(self, part: Part | None = None) -> None:
        """Bring every variant up, or part of each.

        Raises:
            DeploymentFailedError: One cannot be brought up. `stop` what is there.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for variant in self.variants:
                    group.create_task(variant.start(part))
                for variant in self.shadow_variants:
                    group.create_task(variant.start())
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        if self.shadow:
            self.shadow.serve()

    async def drain(self) -> None:
        """Bring every variant down as soon as its requests are answered; no new ones must come."""
        await asyncio.gather(*(variant.drain() for variant in self._all))

    async def stop(self) -> None:
        """Bring every variant down now."""
        await asyncio.gather(*(variant.stop() for variant in self._all))

    @property
    def _all(self) -> list[Variant]:
        return [*self.variants, *self.shadow_variants]
