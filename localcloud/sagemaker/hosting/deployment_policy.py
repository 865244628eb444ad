"""A deployment's policy: the shares in which traffic moves, the waits, and the alarms that watch.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeploymentConfig.html
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import count, takewhile

from localcloud.awsjson.service import ServiceError
from localcloud.awsjson.shapes import Document

DEFAULT_LIMIT_SECONDS = 4 * 3600.0
"""`MaximumExecutionTimeoutInSeconds`; SageMaker documents no default."""

MOST_PERCENT = 50
"""Largest canary and batch; a step of LINEAR has the same bound."""


@dataclass(frozen=True)
class Batch:
    """A number of instances or copies, or a percentage of all of them."""

    value: int
    percent: bool

    @classmethod
    def of(cls, size: Document) -> Batch:
        """Read a `CapacitySize`."""
        return cls(size["Value"], size["Type"] == "CAPACITY_PERCENT")

    def of_total(self, total: int) -> int:
        """Return the number, of so many altogether: at least one."""
        return max(1, math.ceil(total * self.value / 100)) if self.percent else self.value

    def share(self, total: int) -> float:
        """Return the share of so many altogether."""
        return min(1.0, self.value / (100 if self.percent else max(total, 1)))


EVERYTHING = Batch(100, percent=True)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A policy as a deployment carries it out.

    Attributes:
        shares: the new fleet's shares of the traffic, one after another; the last is all of it.
        batch: instances replaced at a time, in a rolling deployment; None in a blue/green one.
        rollback_batch: instances brought back at a time.
        wait_seconds: time that alarms watch each step.
        termination_seconds: time that the old fleet stays after the last step.
        limit_seconds: longest that the deployment may take.
        alarms: names of the alarms that undo it.
    """

    shares: tuple[float, ...] = (1.0,)
    batch: Batch | None = None
    rollback_batch: Batch = EVERYTHING
    wait_seconds: float = 0
    termination_seconds: float = 0
    limit_seconds: float = DEFAULT_LIMIT_SECONDS
    alarms: tuple[str, ...] = ()

    @classmethod
    def of(cls, deployment: Document | None, instances: int) -> Policy:
        """Read a `DeploymentConfig`, of an endpoint or of an inference component.

        Args:
            deployment: As the API takes it; None moves everything at once.
            instances: The instances (or copies) that it is about.
        """
        given = deployment or {}
        alarms = given.get("AutoRollbackConfiguration", {}).get("Alarms", [])
        names = tuple(alarm["AlarmName"] for alarm in alarms)
        if rolling := given.get("RollingUpdatePolicy"):
            back = rolling.get("RollbackMaximumBatchSize")
            return cls(
                batch=Batch.of(rolling["MaximumBatchSize"]),
                rollback_batch=Batch.of(back) if back else EVERYTHING,
                wait_seconds=rolling["WaitIntervalInSeconds"],
                limit_seconds=_limit(rolling),
                alarms=names,
            )
        policy = given.get("BlueGreenUpdatePolicy", {})
        routing = policy.get("TrafficRoutingConfiguration", {})
        return cls(
            shares=_shares(routing, instances),
            wait_seconds=routing.get("WaitIntervalInSeconds", 0),
            termination_seconds=policy.get("TerminationWaitInSeconds", 0),
            limit_seconds=_limit(policy),
            alarms=names,
        )


def _limit(policy: Document) -> float:
    return float(policy.get("MaximumExecutionTimeoutInSeconds", DEFAULT_LIMIT_SECONDS))


def _shares(routing: Document, instances: int) -> tuple[float, ...]:
    kind = routing.get("Type", "ALL_AT_ONCE")
    if kind == "CANARY":
        return (Batch.of(routing["CanarySize"]).share(instances), 1.0)
    if kind == "LINEAR":
        step = Batch.of(routing["LinearStepSize"]).share(instances)
        before = takewhile(lambda share: share < 1 - step / 2, (step * n for n in count(1)))
        return (*before, 1.0)
    return (1.0,)


_SIZES = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}


def check_deployment(deployment: Document | None, variants: int, instances: int) -> None:
    """Refuse a `DeploymentConfig` that SageMaker does not take.

    Args:
        deployment: As the API takes it.
        variants: Production variants of the configuration to deploy.
        instances: Instances of all of them.

    Raises:
        ServiceError: It is none.
    """
    if deployment is None:
        return None
    if ("BlueGreenUpdatePolicy" in deployment) == ("RollingUpdatePolicy" in deployment):
        raise ServiceError(
            "DeploymentConfig needs BlueGreenUpdatePolicy or RollingUpdatePolicy, and not both"
        )
    if rolling := deployment.get("RollingUpdatePolicy"):
        if variants > 1:
            raise ServiceError("RollingUpdatePolicy is not supported for several variants")
        return _check_size("MaximumBatchSize", rolling["MaximumBatchSize"], instances)
    routing = deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    for kind, member in _SIZES.items():
        if (routing["Type"] == kind) != (member in routing):
            raise ServiceError(f"{member} is for traffic routing of type {kind}, and only for it")
        if member in routing:
            _check_size(member, routing[member], instances)
    return None


def _check_size(member: str, size: Document, instances: int) -> None:
    percent = Batch.of(size).share(instances) * 100
    if percent > MOST_PERCENT:
        raise ServiceError(
            f"{member} must be at most {MOST_PERCENT}% of the variant's instances, got "
            f"{size['Value']} ({size['Type']}) of {instances}"
        )
