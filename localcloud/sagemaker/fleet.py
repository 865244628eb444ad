"""The instances that serve one endpoint configuration."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from localcloud.awsjson.service import Scope
from localcloud.awsjson.shapes import Document
from localcloud.engines import ImageNotEmulatedError, engine_for
from localcloud.sagemaker.artifacts import ModelCache, ModelDataError
from localcloud.sagemaker.instance import Container, DeploymentFailedError, Instance
from localcloud.sagemaker.logs import InstanceLog
from localcloud.sagemaker.traffic import Traffic, Variant

DEFAULT_STARTUP_SECONDS = 480
DEFAULT_DOWNLOAD_SECONDS = 3600

DRAIN_SECONDS = 8 * 60
"""Longest a request may last (a streamed answer): how long a retired instance is waited for."""

DRAIN_POLL_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class VariantPlan:
    """A variant to bring up, with the properties an update may retain from its predecessor."""

    config: Document
    """The `ProductionVariant` of the endpoint configuration."""
    model: Document
    """The model it names, as `DescribeModel` gives it."""
    count: int
    weight: float


class Fleet:
    """Runs the variants of one endpoint configuration."""

    def __init__(self, endpoint: str, scope: Scope, models: ModelCache) -> None:
        self._endpoint = endpoint
        self._scope = scope
        self._models = models
        self._containers: dict[str, Container] = {}
        self.variants: list[Variant] = []

    async def start(self, plans: Iterable[VariantPlan]) -> None:
        """Bring every variant up; return when each of its instances is healthy.

        Raises:
            DeploymentFailedError: One cannot be brought up. `stop` what is there.
        """
        for plan in plans:
            name = plan.config["VariantName"]
            self._containers[name] = await self._container(plan)
            routing = plan.config.get("RoutingConfig", {}).get("RoutingStrategy")
            variant = Variant(
                name=name,
                weight=plan.weight,
                desired=plan.count,
                least_outstanding=routing == "LEAST_OUTSTANDING_REQUESTS",
            )
            self.variants.append(variant)
        new = {variant.name: self._launch(variant, variant.desired) for variant in self.variants}
        for variant in self.variants:
            variant.instances = new[variant.name]
        await all_healthy(instance for instances in new.values() for instance in instances)

    async def scale(self, variant: Variant, count: int, traffic: Traffic) -> None:
        """Start instances, or retire some.

        Raises:
            DeploymentFailedError: A new instance never became healthy; the old ones serve on.
        """
        missing = count - len(variant.instances)
        if missing > 0:
            new = self._launch(variant, missing)
            try:
                await all_healthy(new)
            except BaseException:
                await stop_all(new)
                raise
            variant.instances = [*variant.instances, *new]
        elif missing < 0:
            await _drain(traffic.retire(variant, -missing))
        variant.desired = count

    async def drain(self) -> None:
        """Stop every instance as soon as its requests are answered; no new ones must come."""
        await _drain(self._instances())

    async def stop(self) -> None:
        """Stop every instance now."""
        await stop_all(self._instances())

    def _instances(self) -> list[Instance]:
        return [instance for variant in self.variants for instance in variant.instances]

    def _launch(self, variant: Variant, count: int) -> list[Instance]:
        container = self._containers[variant.name]
        return [
            Instance(
                container,
                InstanceLog(
                    self._scope,
                    f"/aws/sagemaker/Endpoints/{self._endpoint}",
                    f"{variant.name}/{Instance.new_id()}",
                ),
            )
            for _ in range(count)
        ]

    async def _container(self, plan: VariantPlan) -> Container:
        return await make_container(
            plan.model,
            self._scope,
            self._models,
            unhealthy=f"The primary container for production variant {plan.config['VariantName']} "
            "did not pass the ping health check. Please check CloudWatch logs for this endpoint.",
            download_seconds=plan.config.get(
                "ModelDataDownloadTimeoutInSeconds", DEFAULT_DOWNLOAD_SECONDS
            ),
            startup_seconds=plan.config.get(
                "ContainerStartupHealthCheckTimeoutInSeconds", DEFAULT_STARTUP_SECONDS
            ),
        )


async def make_container(
    model: Document,
    scope: Scope,
    models: ModelCache,
    *,
    unhealthy: str,
    environment: Mapping[str, str] | None = None,
    download_seconds: float = DEFAULT_DOWNLOAD_SECONDS,
    startup_seconds: float = DEFAULT_STARTUP_SECONDS,
) -> Container:
    """Prepare what instances run: the engine for the image, and the model data.

    Args:
        model: As `DescribeModel` gives it.
        scope: Whose it is.
        models: Where model data is kept.
        unhealthy: What is said of an instance that does not become healthy.
        environment: Variables beside the model's own, and before them.
        download_seconds: Longest time for the model data.
        startup_seconds: Longest wait for an instance's first healthy answer.

    Raises:
        DeploymentFailedError: There is no such engine, or the data cannot be had.
    """
    definition = model.get("PrimaryContainer") or model["Containers"][0]
    try:
        engine = engine_for(definition["Image"])
        async with asyncio.timeout(download_seconds):
            model_dir = await models.directory(definition, scope)
    except (ImageNotEmulatedError, ModelDataError) as error:
        raise DeploymentFailedError(str(error)) from error
    except TimeoutError as error:
        reason = f"The model data download took longer than {download_seconds} seconds."
        raise DeploymentFailedError(reason) from error
    return Container(
        unhealthy=unhealthy,
        engine=engine,
        environment={**definition.get("Environment", {}), **(environment or {})},
        model_dir=model_dir,
        startup_seconds=startup_seconds,
    )


async def all_healthy(instances: Iterable[Instance]) -> None:
    """Wait until each instance is.

    Raises:
        DeploymentFailedError: One does not become healthy; the others are still there.
    """
    try:
        async with asyncio.TaskGroup() as group:
            for instance in instances:
                group.create_task(instance.wait_until_healthy())
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def _drain(instances: Sequence[Instance]) -> None:
    async def drain(instance: Instance) -> None:
        async with asyncio.timeout(DRAIN_SECONDS):
            while instance.in_flight:
                await asyncio.sleep(DRAIN_POLL_SECONDS)

    try:
        await asyncio.gather(*map(drain, instances), return_exceptions=True)
    finally:
        await stop_all(instances)


async def stop_all(instances: Sequence[Instance]) -> None:
    """End instances now."""
    await asyncio.gather(*(instance.stop() for instance in instances))
