"""ML instances: names under which containers run, and where new ones come from.

An instance here costs nothing and computes nothing. Which types there are, which can be had and
how many of them, how long one takes to come: that decides where and when engines start.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from localcloud.awsjson.service import ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.clock import Clock
from localcloud.quotas import Quotas, Usage
from localcloud.sagemaker.instances.errors import DeploymentFailedError

NO_CAPACITY = (
    "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. "
    "Please retry using a different ML instance type or after some time."
)
"""Failure reason of endpoints (the first sentence is from reports of real ones):
https://github.com/aws/deep-learning-containers/pull/6673"""


@dataclass(eq=False)
class Instance:
    """One machine.

    Attributes:
        in_service: true once the instance has been provisioned.
    """

    id: str
    type: str
    in_service: bool = False

    @classmethod
    def new(cls, kind: str) -> Instance:
        """Launch one, with an id as in the names of log streams."""
        return cls(f"i-{uuid.uuid4().hex[:17]}", kind)


@dataclass(frozen=True)
class Slot:
    """Room for one container on an instance.

    Attributes:
        rank: position of the instance's type among its variant's: the last ones are given up first.
        release: gives the slot back; may be called again.
    """

    instance: Instance
    rank: int = 0
    release: Callable[[], None] = lambda: None


class Placement(Protocol):
    """A strategy for placing a replica set's containers on instances."""

    def allocate(self, count: int) -> list[Slot]:
        """Allocate slots for containers, on new instances where needed; all of them or none.

        Raises:
            DeploymentFailedError: There is none to be had.
        """


def types_of(variant: Document) -> list[str]:
    """Return the instance types of a variant's configuration, the preferred one first."""
    pools = sorted(variant.get("InstancePools", []), key=lambda pool: pool["Priority"])
    return [pool["InstanceType"] for pool in pools] or [variant["InstanceType"]]


class Provisioner:
    """Provisions instances for one use, as far as AWS has any and the account's quotas allow.

    Without quotas, any number is allowed.
    """

    def __init__(
        self,
        clock: Clock,
        seconds: float = 0,
        unavailable: Collection[str] = (),
        *,
        usage: Usage = "endpoint",
        quotas: Quotas | None = None,
    ) -> None:
        self.clock = clock
        self._seconds = seconds
        self._unavailable = frozenset(unavailable)
        self._usage: Usage = usage
        self._quotas = quotas
        self._running: set[Instance] = set()

    def check(self, types: Sequence[str], count: int) -> None:
        """Refuse so many more instances where the account may have none of the types so often.

        Raises:
            ServiceError: A quota would be exceeded.
        """
        refusals = [self._refusal(kind, count) for kind in types]
        if all(refusals):
            raise ServiceError(refusals[0], code="ResourceLimitExceeded")

    def launch(self, types: Sequence[str], count: int) -> list[Instance]:
        """Launch instances of the first type that can be had.

        SageMaker tries the next pool "if instances for a higher-priority pool are unavailable":
        https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html

        Raises:
            DeploymentFailedError: None of the types can be had.
        """
        reason = NO_CAPACITY
        for kind in types:
            if kind in self._unavailable:
                continue
            if refusal := self._refusal(kind, count):
                reason = refusal
                continue
            launched = [Instance.new(kind) for _ in range(count)]
            self._running.update(launched)
            return launched
        raise DeploymentFailedError(reason)

    def release(self, instance: Instance) -> None:
        """Give an instance up; that may be done again."""
        self._running.discard(instance)

    async def wait(self) -> None:
        """Let the time pass that a change of capacity takes before its containers can start."""
        await asyncio.sleep(self.clock.real_seconds(self._seconds))

    def _refusal(self, kind: str, count: int) -> str:
        """Word the excess of a quota; empty where there is none.

        As in https://github.com/aws/sagemaker-python-sdk/issues/4939 and
        https://github.com/aws-samples/sagemaker-custom-project-templates/issues/51.
        """
        if self._quotas is None:
            return ""
        limit = self._quotas.instances(self._usage, kind)
        used = sum(instance.type == kind for instance in self._running)
        if used + count <= limit:
            return ""
        return (
            f"The account-level service limit '{kind} for {self._usage} usage' is {limit} "
            f"Instances, with current utilization of {used} Instances and a request delta of "
            f"{count} Instances. Please use AWS Service Quotas to request an increase for this "
            "quota. If AWS Service Quotas is not available, contact AWS support to request an "
            "increase for this quota."
        )


class DedicatedPlacement:
    """A placement with an instance for each container: that of a variant with a model."""

    def __init__(self, provisioner: Provisioner, types: Sequence[str]) -> None:
        self._provisioner = provisioner
        self._types = types

    def allocate(self, count: int) -> list[Slot]:
        """Launch an instance for each container.

        Raises:
            DeploymentFailedError: There are none to be had.
        """
        launched = self._provisioner.launch(self._types, count)
        return [
            Slot(one, self._types.index(one.type), partial(self._provisioner.release, one))
            for one in launched
        ]
