from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from localcloud.clock import Clock
from localcloud.sagemaker.instances.errors import DeploymentFailedError
from localcloud.sagemaker.instances.provisioning import DedicatedPlacement, Provisioner
from localcloud.sagemaker.replicas import rollout as module
from localcloud.sagemaker.replicas.rollout import Blueprint, Rollout
from localcloud.sagemaker.replicas.routing import AnyReplica
from localcloud.sagemaker.replicas.traffic import ReplicaSet, Traffic


class FakeReplica:
    """Healthy at once, unless its container says how many of it get healthy."""

    started: list[FakeReplica]

    def __init__(self, container: Any, slot: Any, _log: Any) -> None:
        self.container = container
        self.slot = slot
        self.in_flight = 0
        self.port: int | None = None
        self.started.append(self)

    async def wait_until_healthy(self) -> None:
        if not self.container.healthy:
            raise DeploymentFailedError("unhealthy")
        self.container.healthy -= 1
        self.port = 1

    async def stop(self) -> None:
        self.port = None
        self.started.remove(self)


def container(name: str, healthy: int = 1000) -> Any:
    return SimpleNamespace(name=name, healthy=healthy)


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Runs `work` on two replicas of `old`; returns the containers that run and serve after it."""
    monkeypatch.setattr(module, "Replica", FakeReplica)

    def run(work: Callable[[Rollout, Blueprint], Awaitable[None]]) -> list[str]:
        return asyncio.run(after(work))

    return run


async def after(work: Callable[[Rollout, Blueprint], Awaitable[None]]) -> list[str]:
    FakeReplica.started = []
    served = ReplicaSet(name="v", routing=AnyReplica())
    provisioner = Provisioner(Clock())
    log: Any = None
    rollout = Rollout(served, Traffic(), provisioner, lambda _: log)
    old = blueprint(container("old"))
    rollout.admit(await rollout.launch(old, 2))
    await work(rollout, old)
    assert set(served.replicas) == set(FakeReplica.started)
    assert served.desired == len(served.replicas)
    return [one.container.name for one in FakeReplica.started]


def blueprint(what: Any) -> Blueprint:
    return Blueprint(what, DedicatedPlacement(Provisioner(Clock()), ["ml.c5.large"]))


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_all_replicas_are_replaced(deployed: Callable[..., list[str]], batch: int) -> None:
    async def work(rollout: Rollout, old: Blueprint) -> None:
        await rollout.replace(blueprint(container("new")), old, batch)

    assert deployed(work) == ["new", "new"]


@pytest.mark.parametrize("healthy", [0, 1])
def test_replicas_that_were_replaced_come_back_when_a_later_one_fails(
    deployed: Callable[..., list[str]], healthy: int
) -> None:
    async def work(rollout: Rollout, old: Blueprint) -> None:
        with pytest.raises(DeploymentFailedError, match="unhealthy"):
            await rollout.replace(blueprint(container("new", healthy)), old, 1)

    assert deployed(work) == ["old", "old"]


def test_failed_scale_out_leaves_what_was(deployed: Callable[..., list[str]]) -> None:
    async def work(rollout: Rollout, _old: Blueprint) -> None:
        with pytest.raises(DeploymentFailedError, match="unhealthy"):
            await rollout.scale(blueprint(container("more", healthy=1)), 4)

    assert deployed(work) == ["old", "old"]


def test_scale_in_keeps_as_many_as_are_wanted(deployed: Callable[..., list[str]]) -> None:
    async def work(rollout: Rollout, old: Blueprint) -> None:
        await rollout.scale(old, 1)

    assert deployed(work) == ["old"]


def test_cancelled_change_gives_its_places_back(deployed: Callable[..., list[str]]) -> None:
    released: list[str] = []
    slot = SimpleNamespace(release=lambda: released.append("slot"))
    placement: Any = SimpleNamespace(allocate=lambda count: [slot] * count)

    async def work(rollout: Rollout, _old: Blueprint) -> None:
        rollout._provisioner = Provisioner(Clock(), seconds=60)
        changing = asyncio.create_task(rollout.scale(Blueprint(container("more"), placement), 3))
        await asyncio.sleep(0)
        changing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await changing

    assert deployed(work) == ["old", "old"]
    assert released == ["slot"]
