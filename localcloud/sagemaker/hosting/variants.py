"""The variants of an endpoint configuration, as they run."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from localcloud.awsjson.service import Scope
from localcloud.awsjson.shapes import Document
from localcloud.sagemaker.hosting.container import make_container
from localcloud.sagemaker.hosting.container_logs import ContainerLog
from localcloud.sagemaker.hosting.instances import (
    DedicatedPlacement,
    Instance,
    Provisioner,
    types_of,
)
from localcloud.sagemaker.hosting.rollout import Blueprint, Rollout
from localcloud.sagemaker.hosting.routing import routing_of
from localcloud.sagemaker.hosting.traffic import ReplicaSet, Traffic
from localcloud.sagemaker.storage.model_data import ModelCache


class Variant(Protocol):
    """A production variant."""

    name: str

    async def start(self) -> None:
        """Bring the variant up, for the first time.

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
    """A variant with a model: one container on each of its instances."""

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
        self._config = config
        self._model = model
        self._scope = scope
        self._models = models
        self._placement = DedicatedPlacement(provisioner, types_of(config))
        self._log_group = f"/aws/sagemaker/Endpoints/{endpoint}"
        self._rollout = Rollout(self.replicas, traffic, provisioner, self._log)
        self._blueprint: Blueprint | None = None

    async def start(self) -> None:
        """Start the instances.

        Raises:
            DeploymentFailedError: They cannot be had, or one never became healthy.
        """
        unhealthy = (
            f"The primary container for production variant {self.name} did not pass the ping "
            "health check. Please check CloudWatch logs for this endpoint."
        )
        container = await make_container(
            self._model, self._scope, self._models, unhealthy=unhealthy, limits=self._config
        )
        self._blueprint = Blueprint(container, self._placement)
        self._rollout.admit(await self._rollout.launch(self._blueprint, self.replicas.desired))

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
        return ContainerLog(self._scope, self._log_group, f"{self.name}/{instance.id}")


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


class Fleet:
    """The variants of one endpoint configuration."""

    def __init__(self, variants: Sequence[Variant]) -> None:
        self.variants = variants

    async def start(self) -> None:
        """Bring every variant up.

        Raises:
            DeploymentFailedError: One cannot be brought up. `stop` what is there.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for variant in self.variants:
                    group.create_task(variant.start())
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def drain(self) -> None:
        """Bring every variant down as soon as its requests are answered; no new ones must come."""
        await asyncio.gather(*(variant.drain() for variant in self.variants))

    async def stop(self) -> None:
        """Bring every variant down now."""
        await asyncio.gather(*(variant.stop() for variant in self.variants))
