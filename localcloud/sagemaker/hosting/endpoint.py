"""An endpoint's life: created, updated blue/green, scaled, deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from localcloud.awsjson.shapes import Document
from localcloud.ministack_hooks.iam import Session
from localcloud.sagemaker.hosting.component_variant import ComponentVariant
from localcloud.sagemaker.hosting.deployment_policy import Policy
from localcloud.sagemaker.hosting.guardrails import Guardrails
from localcloud.sagemaker.hosting.lifecycle import Lifecycle
from localcloud.sagemaker.hosting.replacement import Replacement
from localcloud.sagemaker.hosting.variants import Fleet, ModelVariant, Shadow, Variant
from localcloud.sagemaker.replicas.traffic import Traffic


class RequestQueue(Protocol):
    """The queue of an asynchronous endpoint."""

    @property
    def output(self) -> Document:
        """The endpoint's `OutputConfig`."""

    @property
    def backlog(self) -> int:
        """Requests that wait or are being answered."""

    @property
    def waiting(self) -> int:
        """Requests that wait."""

    @property
    def oldest_age(self) -> float:
        """Seconds that the first of them has waited."""

    async def submit(self, request: Any) -> bool:  # noqa: ANN401 - the queue's own type
        """Queue a request; whether there was room."""

    async def close(self, reason: str) -> None:
        """Take no more requests, and fail those that wait."""

    async def stop(self) -> None:
        """Stop now."""


@dataclass(frozen=True)
class Relocation:
    """A component's copies on other instances, healthy and waiting to take over.

    Attributes:
        commit: routes requests to the new copies, and stops the present ones.
        abort: stops the new copies.
    """

    commit: Callable[[], Awaitable[None]]
    abort: Callable[[], Awaitable[None]]


class Relocatable(Protocol):
    """A resource that moves along when the endpoint gets another fleet: an inference component."""

    async def prepare_on(self, variants: Iterable[Variant]) -> Relocation:
        """Start its copies on the instances of the same variant, anew."""


class Endpoint:
    """An endpoint and the change it is going through, if any.

    Traffic to the variants with a model moves as the deployment's policy says. Inference components
    move all at once, as soon as their copies on the new fleet are healthy (docs/decisions/0144).

    Attributes:
        config: endpoint configuration that serves; a change that fails leaves it as it was.
        traffic: routes requests to the variants with a model.
        queue: queue of the requests, if the endpoint is asynchronous.
        guardrails: alarms that watch deployments, and their time.
    """

    def __init__(
        self,
        name: str,
        arn: str,
        config: Document,
        guardrails: Guardrails,
        *,
        silent_rollbacks: bool = False,
    ) -> None:
        self.name = name
        self.arn = arn
        self.config = config
        self.traffic = Traffic()
        self.queue: RequestQueue | None = None
        self.guardrails = guardrails
        self.life = Lifecycle(f"endpoint {name}", silent=silent_rollbacks)
        self.log_group = f"/aws/sagemaker/Endpoints/{name}"
        self.deployment_config: Document | None = None
        self._fleet = Fleet([])
        # The fleet that comes, or the one that goes, while a deployment lasts.
        self._other = Fleet([])
        self._pending: Document | None = None

    @property
    def status(self) -> str:
        """As `DescribeEndpoint` gives it: managed instance scaling is an update, too."""
        growing = any(variant.growing for variant in self.component_variants)
        return "Updating" if growing and self.life.status == "InService" else self.life.status

    @property
    def model_variants(self) -> list[ModelVariant]:
        """The variants with a model."""
        return [one for one in self._fleet.variants if isinstance(one, ModelVariant)]

    @property
    def running_variants(self) -> list[ModelVariant]:
        """The variants with a model, shadows too, of both fleets while a deployment lasts."""
        fleets = (self._fleet, self._other)
        both = [one for fleet in fleets for one in (*fleet.variants, *fleet.shadow_variants)]
        return [one for one in both if isinstance(one, ModelVariant)]

    @property
    def component_variants(self) -> list[ComponentVariant]:
        """The variants that inference components are on."""
        return [one for one in self._fleet.variants if isinstance(one, ComponentVariant)]

    @property
    def shadow(self) -> Shadow | None:
        """The variant that gets copies of the requests, if there is one."""
        return self._fleet.shadow

    @property
    def session(self) -> Session:
        """The role of its first model; of an endpoint of inference components, its own."""
        if self.model_variants:
            return self.model_variants[0].session
        return Session(self.config["ExecutionRoleArn"], "SageMaker", self.arn.split(":")[3])

    def deploy(
        self, config: Document, fleet: Fleet, components: Sequence[Relocatable] = ()
    ) -> None:
        """Begin to serve a configuration with a new fleet, in place of the present one."""
        watch = self.guardrails.watch(self._policy(fleet))
        replacement = Replacement(self.traffic, self._fleet, fleet, watch)

        async def change() -> None:
            moves: list[Relocation] = []
            self._other = fleet
            try:
                await replacement.start()
                for component in components:
                    moves += [await component.prepare_on(fleet.variants)]
                await replacement.move()
            except BaseException as error:
                await asyncio.gather(*(move.abort() for move in moves))
                if isinstance(error, Exception):  # else `close` stops both fleets
                    self.life.roll_back()
                    await replacement.undo()
                    self._other = Fleet([])
                raise
            self._other, self._fleet, self.config = self._fleet, fleet, config
            await asyncio.gather(*(move.commit() for move in moves))
            await replacement.finish()
            self._other = Fleet([])

        self._pending = config
        self.life.begin(change)

    def _policy(self, fleet: Fleet) -> Policy:
        """Read the policy of a deployment; the first one, and one of other variants, has none.

        https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
        """
        old, new = ({one.name for one in each.variants} for each in (self._fleet, fleet))
        models = [one for one in fleet.variants if isinstance(one, ModelVariant)]
        if old != new or not models:
            return Policy()
        return Policy.of(self.deployment_config, sum(one.count for one in models))

    def rescale(self, desired: Mapping[str, tuple[int, float]]) -> None:
        """Begin to give variants other instance counts and weights."""

        async def change() -> None:
            for variant in self.model_variants:
                if variant.name in desired:
                    count, weight = desired[variant.name]
                    await variant.scale(count)
                    variant.count = count
                    variant.replicas.weight = weight

        self._pending = None
        self.life.begin(change)

    async def delete(self) -> None:
        """Stop serving: no new requests, then the instances as they become idle."""
        self.life.begin_delete()
        self.traffic.shift(())
        ending = [self._fleet.drain()]
        if self.queue:
            ending.append(self.queue.close(f"Endpoint {self.name} was deleted."))
        await asyncio.gather(*ending)

    async def close(self) -> None:
        """Stop everything now, a change in progress too."""
        await self.life.cancel()
        if self.queue:
            await self.queue.stop()
        await asyncio.gather(self._fleet.stop(), self._other.stop())

    def describe(self) -> Document:
        """Describe the endpoint as `DescribeEndpoint` does."""
        pending = self._pending if self.life.changing else None
        return {
            "EndpointName": self.name,
            "EndpointArn": self.arn,
            "EndpointConfigName": self.config["EndpointConfigName"],
            "EndpointStatus": self.status,
            "FailureReason": self.life.failure_reason,
            "CreationTime": self.life.created,
            "LastModifiedTime": self.life.modified,
            "LastDeploymentConfig": self.deployment_config,
            "AsyncInferenceConfig": self.config.get("AsyncInferenceConfig"),
            **_described(self._fleet),
            "PendingDeploymentSummary": pending
            and {
                "EndpointConfigName": pending["EndpointConfigName"],
                **_described(self._other),
                "StartTime": self.life.modified,
            },
        }


def _described(fleet: Fleet) -> Document:
    return {
        "ProductionVariants": [one.describe() for one in fleet.variants] or None,
        "ShadowProductionVariants": [one.describe() for one in fleet.shadow_variants] or None,
    }
