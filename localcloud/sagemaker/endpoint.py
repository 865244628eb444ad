"""An endpoint's life: created, updated blue/green, scaled, deleted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from localcloud.awsjson.shapes import Document
from localcloud.sagemaker.fleet import Fleet, VariantPlan
from localcloud.sagemaker.instance import DeploymentFailedError
from localcloud.sagemaker.store import now
from localcloud.sagemaker.traffic import Traffic, Variant

if TYPE_CHECKING:
    from localcloud.sagemaker.async_queue import AsyncQueue

logger = logging.getLogger(__name__)


class Endpoint:
    """An endpoint and the change it is going through, if any.

    Traffic moves all at once, as soon as the new fleet is healthy: canary and linear steps,
    waiting times and alarms of a deployment configuration are kept and shown, not acted on
    (docs/decisions/0042).
    """

    def __init__(self, name: str, arn: str, config: Document) -> None:
        self.name = name
        self.arn = arn
        self.config = config
        """The endpoint configuration that serves; a change that fails leaves it as it was."""
        self.traffic = Traffic()
        self.queue: AsyncQueue | None = None
        """Where requests wait, if the endpoint is asynchronous."""
        self.status = "Creating"
        self.failure_reason: str | None = None
        self.deployment_config: Document | None = None
        self.created = self.modified = now()
        self._fleet: Fleet | None = None
        self._pending: Document | None = None
        self._change: asyncio.Task[None] | None = None

    @property
    def variants(self) -> list[Variant]:
        """The variants that serve."""
        return self._fleet.variants if self._fleet else []

    def deploy(self, config: Document, fleet: Fleet, plans: list[VariantPlan]) -> None:
        """Begin to serve a configuration with a new fleet, in place of the present one."""

        async def change() -> None:
            try:
                await fleet.start(plans)
            except BaseException:
                await fleet.stop()
                raise
            old, self._fleet, self.config = self._fleet, fleet, config
            self.traffic.shift(fleet.variants)
            if old:
                await old.drain()

        self._begin(change, pending=config)

    def rescale(self, desired: Mapping[str, tuple[int, float]]) -> None:
        """Begin to give variants other instance counts and weights."""

        async def change() -> None:
            assert self._fleet is not None  # noqa: S101 - only what is in service is rescaled
            for variant in self.variants:
                count, weight = desired.get(variant.name, (variant.desired, variant.weight))
                await self._fleet.scale(variant, count, self.traffic)
                variant.weight = weight

        self._begin(change, pending=None)

    async def settled(self) -> None:
        """Wait until no change is in progress.

        Raises:
            DeploymentFailedError: The last change failed.
        """
        if self._change:
            await asyncio.wait([self._change])
        if self.failure_reason:
            raise DeploymentFailedError(self.failure_reason)

    async def delete(self) -> None:
        """Stop serving: no new requests, then the instances as they become idle."""
        self.status = "Deleting"
        self.traffic.shift(())
        ending = [self._fleet.drain()] if self._fleet else []
        if self.queue:
            ending.append(self.queue.close(f"Endpoint {self.name} was deleted."))
        await asyncio.gather(*ending)

    async def close(self) -> None:
        """Stop everything now, a change in progress too."""
        if self._change:
            self._change.cancel()
            await asyncio.wait([self._change])
        if self.queue:
            await self.queue.stop()
        if self._fleet:
            await self._fleet.stop()

    def describe(self) -> Document:
        """The endpoint as `DescribeEndpoint` gives it."""
        return {
            "EndpointName": self.name,
            "EndpointArn": self.arn,
            "EndpointConfigName": self.config["EndpointConfigName"],
            "EndpointStatus": self.status,
            "FailureReason": self.failure_reason,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "LastDeploymentConfig": self.deployment_config,
            "AsyncInferenceConfig": self.config.get("AsyncInferenceConfig"),
            "ProductionVariants": [_summary(variant) for variant in self.variants] or None,
            "PendingDeploymentSummary": self._pending
            and {
                "EndpointConfigName": self._pending["EndpointConfigName"],
                "StartTime": self.modified,
            },
        }

    def _begin(self, change: Callable[[], Awaitable[None]], pending: Document | None) -> None:
        if self.status != "Creating":
            self.status = "Updating"
        self.failure_reason = None
        self.modified = now()
        self._pending = pending
        self._change = asyncio.create_task(self._carry_out(change))

    async def _carry_out(self, change: Callable[[], Awaitable[None]]) -> None:
        try:
            await change()
        except DeploymentFailedError as error:
            self.failure_reason = str(error)
        except Exception as error:
            logger.exception("deployment of endpoint %s failed", self.name)
            self.failure_reason = f"internal failure: {error}"
        self._pending = None
        self.modified = now()
        self.status = "InService" if self._fleet else "Failed"


def _summary(variant: Variant) -> Document:
    return {
        "VariantName": variant.name,
        "CurrentInstanceCount": len(variant.instances),
        "DesiredInstanceCount": variant.desired,
        "CurrentWeight": variant.weight,
        "DesiredWeight": variant.weight,
    }
