"""Starting, adding, replacing and retiring the replicas of a set."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from localcloud.sagemaker.instances.errors import DeploymentFailedError
from localcloud.sagemaker.instances.provisioning import Instance, Placement, Provisioner, Slot
from localcloud.sagemaker.replicas.container import Container
from localcloud.sagemaker.replicas.container_logs import ContainerLog
from localcloud.sagemaker.replicas.replica import Replica, all_healthy, drain, stop_all
from localcloud.sagemaker.replicas.traffic import ReplicaSet, Traffic


@dataclass(frozen=True)
class Blueprint:
    """The ingredients of a replica: a container, and a placement for it."""

    container: Container
    placement: Placement


async def _unwatched() -> None:
    """Wait for nothing."""


class Rollout:
    """Changes a replica set: variants with a model and inference components alike.

    New replicas take requests once all of them are healthy; retired ones answer what they have.
    """

    def __init__(
        self,
        replicas: ReplicaSet,
        traffic: Traffic,
        provisioner: Provisioner,
        log: Callable[[Instance], ContainerLog],
    ) -> None:
        self._set = replicas
        self._traffic = traffic
        self._provisioner = provisioner
        self._log = log

    async def launch(
        self, blueprint: Blueprint, count: int, *, provision: bool = False
    ) -> list[Replica]:
        """Start replicas, and wait until each is healthy. They take no requests yet.

        Args:
            blueprint: Container and placement of each.
            count: Number of replicas.
            provision: Let the time pass first that a change of capacity takes.

        Raises:
            DeploymentFailedError: There is no room for them, or one never became healthy; none
                is left.
        """
        slots = blueprint.placement.allocate(count)
        started: list[Replica] = []
        try:
            if provision:
                await self._provisioner.wait()
            started = [self._start(blueprint.container, slot) for slot in slots]
            await all_healthy(started)
        except BaseException:
            await stop_all(started)
            for slot in slots:
                slot.release()
            raise
        return started

    def admit(self, new: Sequence[Replica]) -> None:
        """Let launched replicas take requests."""
        self._traffic.admit(self._set, new)
        self._set.desired = len(self._set.replicas)

    async def scale(self, blueprint: Blueprint, count: int) -> None:
        """Bring the set to so many replicas.

        Raises:
            DeploymentFailedError: As `launch`; the set is as it was.
        """
        before, self._set.desired = len(self._set.replicas), count
        if count < before:
            await drain(self._traffic.retire(self._set, before - count))
            return
        try:
            self.admit(await self.launch(blueprint, count - before, provision=True))
        except BaseException:
            self._set.desired = before
            raise

    async def replace(
        self,
        new: Blueprint,
        old: Blueprint,
        batch: int,
        *,
        rollback_batch: int | None = None,
        watched: Callable[[], Awaitable[None]] = _unwatched,
    ) -> None:
        """Replace every replica, some at a time.

        Args:
            new: What comes.
            old: What was there, and comes back when the replacement fails.
            batch: Replicas replaced at a time.
            rollback_batch: Replicas brought back at a time; None is `batch`.
            watched: Waited for after each batch; it may raise a DeploymentFailedError.

        Raises:
            DeploymentFailedError: As `launch` and `watched`; the set consists of old ones again.
        """
        renewed: list[Replica] = []
        try:
            for some in _batches(self._set.replicas, batch):
                renewed += await self.swap(some, await self.launch(new, len(some)))
                await watched()
        except DeploymentFailedError:
            for some in _batches(renewed, rollback_batch or batch):
                await self.swap(some, await self.launch(old, len(some)))
            raise

    async def swap(self, old: Sequence[Replica], new: Sequence[Replica]) -> Sequence[Replica]:
        """Let launched replicas take the requests of others, and stop those; return the new."""
        self._traffic.admit(self._set, new, old)
        await drain(old)
        return new

    async def drain(self) -> None:
        """Stop every replica as soon as its requests are answered; no new ones must come."""
        await drain(self._set.replicas)

    async def stop(self) -> None:
        """Stop every replica now."""
        await stop_all(self._set.replicas)

    def _start(self, container: Container, slot: Slot) -> Replica:
        slot.instance.in_service = True
        return Replica(container, slot, self._log(slot.instance))


def _batches(replicas: Sequence[Replica], size: int) -> list[Sequence[Replica]]:
    return [replicas[start : start + size] for start in range(0, len(replicas), size)]
