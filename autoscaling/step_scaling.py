"""Step scaling: a metric's distance from a threshold decides the change of capacity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from autoscaling.alarm import Alarm, Comparison

AdjustmentType = Literal["ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step: an interval of distances from the threshold, and its adjustment.

    Attributes:
        lower: lowest distance from the threshold; None is no bound.
        upper: highest distance from the threshold; None is no bound.
        adjustment: units, percent or the exact capacity, by the policy's adjustment type.
    """

    lower: float | None = None
    upper: float | None = None
    adjustment: int

    def contains(self, distance: float, *, falling: bool = False) -> bool:
        """Return whether the step covers a distance.

        Bounds are inclusive on the side of the threshold:
        https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-step-scaling-policies.html

        Args:
            distance: from the threshold, negative below it.
            falling: whether the alarm watches for values below the threshold, to which the
                threshold itself then belongs.
        """
        lower = -math.inf if self.lower is None else self.lower
        upper = math.inf if self.upper is None else self.upper
        if distance > 0 or (distance == 0 and not falling):
            return lower <= distance < upper
        return lower < distance <= upper


@dataclass(frozen=True, kw_only=True)
class StepScaling:
    """A step scaling policy and the alarm that runs it.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-step-scaling-policies.html

    Attributes:
        name: policy name, unique among the policies of a target.
        alarm: the CloudWatch alarm whose action is the policy.
        adjustment_type: meaning of a step's adjustment.
        steps: without gap or overlap.
        min_adjustment_magnitude: least units a percentage changes; 0 is none.
        cooldown: seconds after a change; AWS's default is 300.
    """

    name: str
    alarm: Alarm
    adjustment_type: AdjustmentType
    steps: tuple[Step, ...]
    min_adjustment_magnitude: int = 0
    cooldown: float = 300

    def __post_init__(self) -> None:
        _check(self.steps)

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """The policy's only alarm, in a tuple."""
        return (self.alarm,)

    @property
    def scale_out_cooldown(self) -> float:
        """Seconds after a scale-out."""
        return self.cooldown

    @property
    def scale_in_cooldown(self) -> float:
        """Seconds after a scale-in."""
        return self.cooldown

    def desired(self, capacity: int, value: float) -> int:
        """Return the capacity after the step that covers `value`; unchanged where none does."""
        distance = value - self.alarm.threshold
        falling = self.alarm.comparison in {Comparison.LESS, Comparison.LESS_OR_EQUAL}
        step = next((s for s in self.steps if s.contains(distance, falling=falling)), None)
        if step is None:
            return capacity
        if self.adjustment_type == "ExactCapacity":
            return step.adjustment
        if self.adjustment_type == "ChangeInCapacity":
            return capacity + step.adjustment
        return capacity + self._percent(capacity * step.adjustment / 100)

    def _percent(self, change: float) -> int:
        """Round toward zero, but never to nothing, and at least by the minimum magnitude."""
        if change == 0:
            return 0
        size = max(math.floor(abs(change)), 1, self.min_adjustment_magnitude)
        return size if change > 0 else -size


def _check(steps: tuple[Step, ...]) -> None:
    if not steps:
        raise ValueError("steps: got none; must be at least one")
    bounds = sorted(
        (
            -math.inf if step.lower is None else step.lower,
            math.inf if step.upper is None else step.upper,
        )
        for step in steps
    )
    for lower, upper in bounds:
        if lower >= upper:
            raise ValueError(f"steps: got [{lower}, {upper}]; lower must be below upper")
    for (_, upper), (lower, _) in pairwise(bounds):
        if upper != lower:
            fault = "gap" if upper < lower else "overlap"
            raise ValueError(f"steps: got a {fault} between {upper} and {lower}; must have none")
    if bounds[0][0] not in {0, -math.inf} and bounds[0][0] < 0:
        raise ValueError(f"steps: got lower bound {bounds[0][0]}; the lowest must have none")
    if bounds[-1][1] != math.inf and bounds[-1][1] > 0:
        raise ValueError(f"steps: got upper bound {bounds[-1][1]}; the highest must have none")
