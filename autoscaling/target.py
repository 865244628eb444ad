"""A scalable target: its limits, and the kinds of scaling that are suspended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from autoscaling.activity import Noun


@dataclass(frozen=True, kw_only=True)
class Suspended:
    """The SuspendedState of RegisterScalableTarget: kinds of scaling that do nothing.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-suspend-resume-scaling.html

    Attributes:
        scale_in: policies do not scale in.
        scale_out: policies do not scale out.
        scheduled: scheduled actions do not fire.
    """

    scale_in: bool = False
    scale_out: bool = False
    scheduled: bool = False


@dataclass(frozen=True, kw_only=True)
class ScalableTarget:
    """A capacity to scale between two limits.

    Attributes:
        min_capacity: fewest units, from 0.
        max_capacity: most units, at least `min_capacity`.
        suspended: kinds of scaling that do nothing.
        noun: unit's name in activities.
    """

    min_capacity: int
    max_capacity: int
    suspended: Suspended = Suspended()
    noun: Noun = "instance"

    def __post_init__(self) -> None:
        if self.min_capacity < 0:
            raise ValueError(f"min_capacity: got {self.min_capacity}; must be at least 0")
        if self.max_capacity < self.min_capacity:
            raise ValueError(
                f"max_capacity: got {self.max_capacity}; must be at least {self.min_capacity}"
            )

    def clamp(self, capacity: int) -> int:
        """Return the capacity within the limits."""
        return max(self.min_capacity, min(self.max_capacity, capacity))

    def with_limits(self, least: int | None, most: int | None) -> Self:
        """Set the minimum, the maximum, or both; a lone limit past the other moves that too."""
        if least is None:
            least = self.min_capacity if most is None else min(self.min_capacity, most)
        if most is None:
            most = max(self.max_capacity, least)
        return replace(self, min_capacity=least, max_capacity=most)
