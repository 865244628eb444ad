from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from localcloud.clock import Clock
from localcloud.sagemaker.hosting.component_variant import ComponentVariant
from localcloud.sagemaker.instances.errors import DeploymentFailedError
from localcloud.sagemaker.instances.instance_types import Size
from localcloud.sagemaker.instances.provisioning import Provisioner, Slot

COPY = Size(accelerators=1, cores=1, memory=1024)


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose time can be put forward."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


async def minutes(count: int) -> None:
    """Let so many minutes pass at once, one after the other."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Loop)
    for _ in range(count):
        loop.ahead += 60
        await asyncio.sleep(0)
        await asyncio.sleep(0)


def hosted(
    work: Callable[[ComponentVariant], Awaitable[None]],
    unavailable: tuple[str, ...] = (),
    **members: Any,
) -> None:
    """Run `work` on the instances of a variant."""

    async def run() -> None:
        scaling = {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 3}
        given = {"VariantName": "v", "InitialInstanceCount": 1, "InstanceType": "ml.g5.xlarge"}
        config = {**given, "ManagedInstanceScaling": scaling, **members}
        variant = ComponentVariant(config, Provisioner(Clock(), unavailable=unavailable))
        await variant.start()
        await work(variant)
        await variant.stop()

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(run())


def scaling(**members: Any) -> dict[str, Any]:
    return {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 3, **members}


def allocated(
    variant: ComponentVariant, count: int, *, spread: bool = False, need: Size = COPY
) -> list[Slot]:
    slots = variant.allocate(need, count, spread=spread)
    for slot in slots:
        slot.instance.in_service = True
    return slots


def count(variant: ComponentVariant) -> int:
    return int(variant.describe()["CurrentInstanceCount"])


def test_instances_come_as_copies_need_them() -> None:
    async def work(variant: ComponentVariant) -> None:
        slots = allocated(variant, 3)
        assert len({slot.instance for slot in slots}) == count(variant) == 3

    hosted(work)


def test_instance_on_its_way_is_desired_and_not_there() -> None:
    async def work(variant: ComponentVariant) -> None:
        first, second = variant.allocate(COPY, 2, spread=False)
        found = variant.describe()
        assert (found["CurrentInstanceCount"], found["DesiredInstanceCount"]) == (1, 2)
        assert variant.growing
        second.release()
        second.release()
        assert variant.describe()["DesiredInstanceCount"] == 1
        assert not variant.growing
        assert first.instance.in_service

    hosted(work)


def test_what_does_not_fit_takes_nothing() -> None:
    async def work(variant: ComponentVariant) -> None:
        with pytest.raises(DeploymentFailedError, match="not enough hardware resources"):
            variant.allocate(COPY, 4, spread=False)
        with pytest.raises(DeploymentFailedError, match="not enough hardware resources"):
            variant.allocate(Size(accelerators=2, cores=1, memory=1), 1, spread=False)
        assert variant.describe()["DesiredInstanceCount"] == 1
        assert len(allocated(variant, 3)) == 3

    hosted(work)


@pytest.mark.parametrize(("spread", "used"), [(False, 1), (True, 2)])
def test_copies_are_packed_or_spread(spread: bool, used: int) -> None:
    async def work(variant: ComponentVariant) -> None:
        slots = allocated(variant, 4, spread=spread)
        assert len({slot.instance for slot in slots}) == used

    fixed = {"InitialInstanceCount": 2, "ManagedInstanceScaling": {"Status": "DISABLED"}}
    hosted(work, InstanceType="ml.g5.12xlarge", **fixed)


def test_instance_without_copies_goes_after_ten_minutes_and_not_before() -> None:
    async def work(variant: ComponentVariant) -> None:
        first, second = allocated(variant, 2)
        second.release()
        await minutes(5)
        (again,) = allocated(variant, 1)
        assert again.instance is second.instance
        again.release()
        await minutes(9)
        assert count(variant) == 2
        await minutes(1)
        assert count(variant) == 1
        first.release()
        await minutes(10)
        assert count(variant) == 0
        assert len(allocated(variant, 1)) == count(variant) == 1

    hosted(work)


def test_least_instances_stay() -> None:
    async def work(variant: ComponentVariant) -> None:
        for slot in allocated(variant, 3):
            slot.release()
        await minutes(25)
        assert count(variant) == 1

    hosted(work, ManagedInstanceScaling=scaling(MinInstanceCount=1))


def test_consolidation_waits_for_calm_and_goes_step_by_step() -> None:
    async def work(variant: ComponentVariant) -> None:
        for slot in allocated(variant, 3):
            slot.release()
            await minutes(4)
        assert count(variant) == 3
        for left in (2, 1, 0):
            await minutes(1 if left == 2 else 5)
            assert count(variant) == left

    policy = {"Strategy": "CONSOLIDATION", "CooldownInMinutes": 5}
    hosted(work, ManagedInstanceScaling=scaling(ScaleInPolicy=policy))


def test_fallback_instances_rank_behind_preferred_ones() -> None:
    pools = [
        {"InstanceType": "ml.g6.xlarge", "Priority": 2},
        {"InstanceType": "ml.g5.xlarge", "Priority": 1},
    ]

    async def work(variant: ComponentVariant) -> None:
        (slot,) = allocated(variant, 1)
        assert (slot.instance.type, slot.rank) == ("ml.g6.xlarge", 1)
        assert variant.describe()["InstancePools"] == [
            {"InstanceType": "ml.g5.xlarge", "CurrentInstanceCount": 0},
            {"InstanceType": "ml.g6.xlarge", "CurrentInstanceCount": 1},
        ]

    hosted(work, unavailable=("ml.g5.xlarge",), InstancePools=pools)
