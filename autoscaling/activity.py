"""Scaling activities: decisions and causes in the words of DescribeScalingActivities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Noun = Literal["instance", "copy"]
NotScaled = Literal[
    "AlreadyAtMaxCapacity",
    "AlreadyAtMinCapacity",
    "AlreadyAtDesiredCapacity",
    "TargetServicePutResourceAsUnscalable",
]


@dataclass(frozen=True, kw_only=True)
class Activity:
    """One decision about a scalable target.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html

    Attributes:
        at: time of the decision, in the driver's seconds.
        cause: AWS's Cause text.
        before: capacity before.
        after: desired capacity from now on; equal to `before` when only limits change or when it
            was not scaled.
        limits: new (min, max) when a scheduled action set them.
        not_scaled: AWS's reason code when nothing changes although an alarm asked for it.
        noun: unit that the target counts.
    """

    at: float
    cause: str
    before: int
    after: int
    limits: tuple[int, int] | None = None
    not_scaled: NotScaled | None = None
    noun: Noun = "instance"

    @property
    def changes_capacity(self) -> bool:
        """True where the driver has to change the capacity."""
        return self.after != self.before

    @property
    def description(self) -> str:
        """AWS's Description text."""
        if self.not_scaled is not None:
            return "Attempting to scale due to alarm triggered"
        if self.limits is not None:
            return f"Setting min capacity to {self.limits[0]} and max capacity to {self.limits[1]}"
        return f"Setting desired {self.noun} count to {self.after}."

    @property
    def status_message(self) -> str:
        """AWS's StatusMessage once the change is fulfilled."""
        done = self.description.removeprefix("Setting").removesuffix(".").strip()
        if self.limits is not None:
            return f"Successfully set {done}"
        return f"Successfully set {done}. Change successfully fulfilled by sagemaker."


def alarm_cause(alarm: str, policy: str) -> str:
    """Return the Cause of a change by a policy."""
    return f"monitor alarm {alarm} in state ALARM triggered policy {policy}"


def schedule_cause(action: str) -> str:
    """Return the Cause of new limits by a scheduled action."""
    return f"scheduled action name {action} was triggered"


def limit_cause(which: Literal["minimum", "maximum"], value: int) -> str:
    """Return the Cause of a change that brings the capacity within a limit."""
    return f"{which} capacity was set to {value}"
