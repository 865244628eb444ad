"""The cheapest policy that keeps the objective."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeVar

from autoscaling.schedule import ScheduledAction
from planner.policies.policy import DEFAULT_MOST, ScalingPlan
from planner.simulator.outcome import Outcome

TARGETS: Sequence[float] = (
    2, 3, 4, 5, 6, 7, 7.5, 8, 8.5, 9, 9.5, 10, 10.5, 11, 11.5, 12, 13, 14, 16, 20, 24,
    28, 32, 40, 48,
)  # fmt: skip
_COOLDOWNS = ((300, 300), (300, 60))
Simulate = Callable[[ScalingPlan], Outcome]
Option = TypeVar("Option")
Learn = Callable[[int], Iterable[tuple[ScheduledAction, ...]]]


@dataclass(frozen=True)
class Trial:
    """A policy and its outcome.

    Attributes:
        plan: the policy.
        outcome: result of its simulation.
    """

    plan: ScalingPlan
    outcome: Outcome


def families(peak: float) -> list[ScalingPlan]:
    """Return policies on concurrency to search, each with its target still open.

    Args:
        peak: most instances the traffic can keep busy at once; it bounds how far a backlog may
            push the count.
    """
    tight = min(DEFAULT_MOST, max(2, round(1.5 * peak)))
    return [
        ScalingPlan(
            name="found",
            max_instances=most,
            scale_in_cooldown=cool_in,
            scale_out_cooldown=cool_out,
        )
        for most, (cool_in, cool_out) in product((tight, DEFAULT_MOST), _COOLDOWNS)
    ]


def search(simulate: Simulate, share: float, *, peak: float, learn: Learn | None = None) -> Trial:
    """Find the cheapest policy that keeps the objective.

    A higher target means fewer instances, so each family is bisected for the highest that will do.
    Learnt schedules are tried on top of the best family.

    Args:
        simulate: runs a policy.
        share: of the requests to keep within the objective, 0 to 1.
        peak: as for `families`.
        learn: returns schedules to try, for a maximum of instances.

    Returns:
        The cheapest trial; where none keeps the objective, the nearest to it.
    """
    trials = [trial for family in families(peak) for trial in _targets(simulate, family, share)]
    if learn is not None:
        plan = _best(trials, share).plan
        for actions in learn(plan.max_instances):
            trials += _targets(simulate, replace(plan, schedules=actions), share)
    return _best(trials, share)


def _best(trials: Sequence[Trial], share: float) -> Trial:
    """Return the cheapest trial that keeps the objective; without any, the nearest to it."""
    good = [trial for trial in trials if trial.outcome.within >= share]
    if good:
        return min(good, key=lambda trial: (trial.outcome.instance_hours, -trial.outcome.within))
    return max(trials, key=lambda trial: trial.outcome.within)


def _targets(simulate: Simulate, family: ScalingPlan, share: float) -> list[Trial]:
    plans = [replace(family, target=target) for target in TARGETS]
    return [Trial(*pair) for pair in bisect(simulate, plans, share)]


def bisect(
    simulate: Callable[[Option], Outcome], options: Sequence[Option], share: float
) -> list[tuple[Option, Outcome]]:
    """Find the last option that keeps the objective, among options that get worse.

    Returns:
        Options simulated on the way and their outcomes; the last good option is among them.
    """
    tried = []
    low, high = 0, len(options)
    while low < high:
        middle = (low + high) // 2
        tried.append((options[middle], simulate(options[middle])))
        if tried[-1][1].within >= share:
            low = middle + 1
        else:
            high = middle
    return tried


def best_fixed(simulate: Simulate, share: float, most: int = 64) -> Trial:
    """Find the smallest fixed count that keeps the objective.

    Returns:
        The trial; where not even `most` instances keep it, theirs, whose name says so.
    """
    counts = [
        ScalingPlan(name=f"fixed:{count}", min_instances=count, max_instances=count, metric=None)
        for count in range(most, 0, -1)
    ]
    trials = [Trial(*pair) for pair in bisect(simulate, counts, share)]
    best = _best(trials, share)
    if best.outcome.within >= share:
        return best
    largest = trials[-1]  # where none is good, bisection ends at the first option
    return replace(largest, outcome=replace(largest.outcome, policy=f"fixed: none up to {most}"))
