"""One fleet in place of another: blue/green in shares of the traffic, or rolling in batches.

https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
"""

from __future__ import annotations

from collections.abc import Sequence

from localcloud.sagemaker.hosting.guardrails import Watch
from localcloud.sagemaker.hosting.variants import Fleet, ModelVariant
from localcloud.sagemaker.replicas.traffic import ReplicaSet, Traffic


class Replacement:
    """A fleet that comes, in place of one that goes. Until `finish`, `undo` brings the old back."""

    def __init__(self, traffic: Traffic, old: Fleet, new: Fleet, watch: Watch) -> None:
        self._traffic = traffic
        self._old = old
        self._new = new
        self._watch = watch
        self._policy = watch.policy

    async def start(self) -> None:
        """Start the new fleet: all of it, or what one batch is of it.

        Raises:
            DeploymentFailedError: It cannot be started.
        """
        batch = self._policy.batch
        await self._new.start(batch.of_total if batch else None)

    async def move(self) -> None:
        """Move the traffic to the new fleet, watched by the alarms.

        Raises:
            DeploymentFailedError: An alarm is in ALARM, or an instance cannot be started.
        """
        if self._policy.batch:
            return await self._roll()
        for share in self._policy.shares:
            self._shift(share)
            await self._watch.bake()
        return None

    async def finish(self) -> None:
        """Stop the old fleet, after the time it is to stay."""
        self._shift(1.0)
        await self._watch.linger()
        await self._old.drain()

    async def undo(self) -> None:
        """Give the traffic back to the old fleet, and stop the new one."""
        for (old, before), new in zip(self._sizes(), _models(self._new), strict=False):
            batch = self._policy.rollback_batch.of_total(before)
            while (present := len(old.replicas.replicas)) < before:
                await old.scale(min(before, present + batch))
                self._share_by_count(old, new)
                await new.scale(max(0, len(new.replicas.replicas) - batch))
        self._shift(0.0)
        await self._new.drain()

    async def _roll(self) -> None:
        assert self._policy.batch is not None  # noqa: S101 - only then it is called
        ((old, before),), (new,) = self._sizes(), _models(self._new)
        size = self._policy.batch.of_total(new.count)
        while True:
            present = len(new.replicas.replicas)
            self._share_by_count(old, new)
            done = present >= new.count
            kept = 0 if done else max(0, before - present)
            if kept < len(old.replicas.replicas):
                await old.scale(kept)
            self._share_by_count(old, new)
            await self._watch.bake()
            if done:
                return
            await new.scale(min(new.count, present + size))

    def _sizes(self) -> list[tuple[ModelVariant, int]]:
        """List the old variants with their sizes before."""
        return [(one, one.count) for one in _models(self._old)]

    def _share_by_count(self, old: ModelVariant, new: ModelVariant) -> None:
        there, here = len(old.replicas.replicas), len(new.replicas.replicas)
        self._shift(here / max(there + here, 1))

    def _shift(self, share: float) -> None:
        self._traffic.shift(_sets(self._new), beside=_sets(self._old), share=share)


def _models(fleet: Fleet) -> list[ModelVariant]:
    return [one for one in fleet.variants if isinstance(one, ModelVariant)]


def _sets(fleet: Fleet) -> Sequence[ReplicaSet]:
    return [one.replicas for one in _models(fleet)]
