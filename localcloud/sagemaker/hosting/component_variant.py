"""The instances of a variant without a model: inference components place their copies on them."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from localcloud.awsjson.shapes import Document
from localcloud.sagemaker.hosting.variants import Part, summary
from localcloud.sagemaker.instances.errors import DeploymentFailedError
from localcloud.sagemaker.instances.instance_types import NOTHING, Size, size_of
from localcloud.sagemaker.instances.provisioning import Instance, Provisioner, Slot, types_of

NO_ROOM = (
    "There is not enough hardware resources on the instances for this endpoint to create a copy "
    "of the inference component."
)
"""As real components report it: https://github.com/huggingface/skills, in
`hf-cloud-sagemaker-production-defaults`."""

IDLE_SECONDS = 600.0
"""Time that an instance without copies is kept, by the clock. AWS's samples say that instances are
terminated "after around 10 minutes"; 12 were measured (docs/decisions/0053)."""

DEFAULT_COOLDOWN_MINUTES = 20


@dataclass(frozen=True)
class ManagedScaling:
    """`ManagedInstanceScaling`: the limits between which instances come and go by themselves.

    Attributes:
        step: most instances terminated at a time.
        waits_for_calm: counts time from the last operation, not from an instance's last copy.
    """

    least: int
    most: int
    idle_seconds: float = IDLE_SECONDS
    step: int = sys.maxsize
    waits_for_calm: bool = False

    @classmethod
    def of(cls, variant: Document) -> ManagedScaling:
        """Read a variant's configuration; without scaling, its instances are what they are."""
        given = variant.get("ManagedInstanceScaling", {})
        if given.get("Status") != "ENABLED":
            count = variant["InitialInstanceCount"]
            return cls(count, count)
        policy = given.get("ScaleInPolicy", {})
        limits = given["MinInstanceCount"], given["MaxInstanceCount"]
        if policy.get("Strategy") != "CONSOLIDATION":
            return cls(*limits)
        return cls(
            *limits,
            idle_seconds=60 * policy.get("CooldownInMinutes", DEFAULT_COOLDOWN_MINUTES),
            step=policy.get("MaximumStepSize", 1),
            waits_for_calm=True,
        )


class ComponentVariant:
    """A variant whose instances run the copies that inference components place on them."""

    def __init__(self, config: Document, provisioner: Provisioner) -> None:
        self.name: str = config["VariantName"]
        self.config = config
        self._provisioner = provisioner
        self._types = types_of(config)
        self._scaling = ManagedScaling.of(config)
        self._instances: list[Instance] = []
        self._placed: defaultdict[Instance, list[Size]] = defaultdict(list)
        self._terminations: dict[Instance, asyncio.TimerHandle] = {}

    @property
    def growing(self) -> bool:
        """True while instances are on their way."""
        return not all(instance.in_service for instance in self._instances)

    async def start(self, _part: Part | None = None) -> None:
        """Launch the first instances.

        Raises:
            DeploymentFailedError: They cannot be had.
        """
        for instance in self._launch(self.config["InitialInstanceCount"]):
            instance.in_service = True
        self._schedule_terminations()

    async def drain(self) -> None:
        """Give the instances up; whoever has copies on them brings those elsewhere."""
        await self.stop()

    async def stop(self) -> None:
        """Give the instances up."""
        for instance in list(self._instances):
            self._give_up(instance)
        self._schedule_terminations()

    def describe(self) -> Document:
        """Describe the variant as `DescribeEndpoint` does."""
        running = [instance for instance in self._instances if instance.in_service]
        return {
            **summary(self.config, running),
            "DesiredInstanceCount": len(self._instances),
        }

    def allocate(self, need: Size, count: int, *, spread: bool) -> list[Slot]:
        """Find room for copies, on new instances where there is none; all of it or nothing.

        Args:
            need: The size of a copy.
            count: Number of copies.
            spread: Place copies where most room is left; otherwise where least is.

        Raises:
            DeploymentFailedError: There is none to be had.
        """
        slots: list[Slot] = []
        try:
            while len(slots) < count:
                slots.append(self._place(need, spread))
        except DeploymentFailedError:
            for slot in slots:
                slot.release()
            raise
        self._schedule_terminations()
        return slots

    def _place(self, need: Size, spread: bool) -> Slot:
        fitting = [one for one in self._instances if (need + self._used(one)).fits(_room(one))]
        choose = min if spread else max
        instance = (
            choose(fitting, key=lambda one: len(self._placed[one])) if fitting else self._grow(need)
        )
        self._placed[instance].append(need)
        taken = [need]

        def release() -> None:
            if taken:
                self._placed[instance].remove(taken.pop())
                self._schedule_terminations(instance)

        return Slot(instance, self._types.index(instance.type), release)

    def _grow(self, need: Size) -> Instance:
        if len(self._instances) >= self._scaling.most:
            raise DeploymentFailedError(NO_ROOM)
        (instance,) = self._launch(1)
        if not need.fits(_room(instance)):
            self._give_up(instance)
            raise DeploymentFailedError(NO_ROOM)
        return instance

    def _launch(self, count: int) -> Sequence[Instance]:
        launched = self._provisioner.launch(self._types, count)
        self._instances += launched
        return launched

    def _give_up(self, instance: Instance) -> None:
        self._instances.remove(instance)
        self._provisioner.release(instance)

    def _used(self, instance: Instance) -> Size:
        return sum(self._placed[instance], NOTHING)

    def _schedule_terminations(self, released: Instance | None = None) -> None:
        """Schedule the termination of instances without copies, and cancel all others."""
        if released in self._instances and not released.in_service and not self._placed[released]:
            self._give_up(released)  # it was on its way for a copy that does not come
        idle = [one for one in self._instances if not self._placed[one]]
        for instance in list(self._terminations):
            if instance not in idle or self._scaling.waits_for_calm:
                self._terminations.pop(instance).cancel()
        seconds = self._provisioner.clock.real_seconds(self._scaling.idle_seconds)
        for instance in idle:
            if instance not in self._terminations:
                loop = asyncio.get_running_loop()
                self._terminations[instance] = loop.call_later(seconds, self._terminate, instance)

    def _terminate(self, instance: Instance) -> None:
        """Let an instance go whose time is over, or all of whose operations' calm has lasted."""
        going = list(self._terminations) if self._scaling.waits_for_calm else [instance]
        spare = max(0, len(self._instances) - self._scaling.least)
        del self._terminations[instance]
        for one in going[: min(spare, self._scaling.step)]:
            self._give_up(one)
        self._schedule_terminations()


@dataclass(frozen=True)
class SharedPlacement:
    """A placement in which copies share the instances of a variant."""

    variant: ComponentVariant
    need: Size
    spread: bool

    @classmethod
    def of(cls, specification: Document, variant: ComponentVariant) -> SharedPlacement:
        """Read a component's specification. Copies are packed where it does not say otherwise."""
        given = specification["ComputeResourceRequirements"]
        need = Size(
            given.get("NumberOfAcceleratorDevicesRequired", 0),
            given.get("NumberOfCpuCoresRequired", 0),
            given["MinMemoryRequiredInMb"],
        )
        scheduling = specification.get("SchedulingConfig", {})
        return cls(variant, need, spread=scheduling.get("PlacementStrategy") == "SPREAD")

    def allocate(self, count: int) -> list[Slot]:
        """Find room for copies.

        Raises:
            DeploymentFailedError: There is none to be had.
        """
        return self.variant.allocate(self.need, count, spread=self.spread)


def _room(instance: Instance) -> Size:
    return size_of(instance.type)
