"""The cheapest policy that keeps the objective."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product

from autoscaling.schedule import ScheduledAction
from planner.errors import PlanError
from planner.outcome import Outcome
from planner.policy import DEFAULT_MOST, ScalingPlan

TARGETS: Sequence[float] = (2, 3, 4, 5, 6, 7, 7.5, 8, 8.5, 9, 9.5, 10, 11, 12, 14, 16, 20, 24)
_COOLDOWNS = ((300, 300), (300, 60))
Simulate = Callable[[ScalingPlan], Outcome]


@dataclass(frozen=True)
class Trial:
    """A policy and what it led to."""

    plan: ScalingPlan
    outcome: Outcome


def variants(
    *, peak: float, schedules: Iterable[tuple[ScheduledAction, ...]] = ()
) -> list[ScalingPlan]:
    """Return the families of policies to search, each with its target still open.

    Args:
        peak: most instances the traffic can keep busy at once; it bounds how far a backlog may
            push the count.
        schedules: learnt ones to try on top.
    """
    tight = min(DEFAULT_MOST, max(2, round(1.5 * peak)))
    options = product(((), *schedules), (tight, DEFAULT_MOST), _COOLDOWNS)
    return [
        ScalingPlan(
            name="found",
            max_instances=most,
            scale_in_cooldown=cool_in,
            scale_out_cooldown=cool_out,
            schedules=actions,
        )
        for actions, most, (cool_in, cool_out) in options
    ]


def search(simulate: Simulate, families: Iterable[ScalingPlan], share: float) -> list[Trial]:
    """Find the highest target of each family that keeps the objective; the cheapest comes first.

    A higher target means fewer instances, so each family is bisected.

    Args:
        simulate: runs a policy.
        families: policies whose target is varied.
        share: of the requests to keep within the objective, 0 to 1.

    Raises:
        PlanError: no policy keeps it.
    """
    trials: list[Trial] = []
    for family in families:
        trials += _bisect(simulate, family, share)
    good = [trial for trial in trials if trial.outcome.within >= share]
    if not good:
        best = max((trial.outcome.within for trial in trials), default=0.0)
        raise PlanError(
            f"search: no policy keeps {share:.1%} of requests within the objective, the best "
            f"reaches {best:.2%}; must be a slacker objective, a faster instance or more of them"
        )
    return sorted(good, key=lambda trial: (trial.outcome.instance_hours, -trial.outcome.within))


def _bisect(simulate: Simulate, family: ScalingPlan, share: float) -> list[Trial]:
    trials = []
    low, high = 0, len(TARGETS)  # TARGETS[low - 1] keeps the objective, TARGETS[high] does not
    while low < high:
        middle = (low + high) // 2
        plan = replace(family, target=TARGETS[middle])
        trials.append(Trial(plan, simulate(plan)))
        if trials[-1].outcome.within >= share:
            low = middle + 1
        else:
            high = middle
    return trials


def best_fixed(simulate: Simulate, share: float, most: int = 64) -> Trial:
    """Find the smallest fixed count that keeps the objective.

    Raises:
        PlanError: not even `most` instances do.
    """
    low, high, best = 1, most, None
    while low <= high:
        count = (low + high) // 2
        plan = ScalingPlan(
            name=f"fixed:{count}", min_instances=count, max_instances=count, metric=None
        )
        trial = Trial(plan, simulate(plan))
        if trial.outcome.within >= share:
            best, high = trial, count - 1
        else:
            low = count + 1
    if best is None:
        raise PlanError(f"fixed count: got {most} instances; not even they keep the objective")
    return best
