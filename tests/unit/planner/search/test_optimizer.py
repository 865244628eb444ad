"""The search for the cheapest policy, on results that arithmetic makes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from autoscaling.schedule import ScheduledAction
from planner.policies.policy import ScalingPlan
from planner.search.optimizer import best_fixed, bisect, search


class Result:
    """The higher the target, the cheaper and the worse; a schedule makes it better."""

    def __init__(self, plan: ScalingPlan) -> None:
        self.within = 1 - plan.target / 100 + 0.03 * len(plan.schedules)
        self.instance_hours = 100 / plan.target + plan.max_instances


@dataclass(init=False)
class Counted:
    """The more instances, the better and the dearer."""

    policy: str

    def __init__(self, plan: ScalingPlan | None = None, policy: str = "") -> None:
        self.policy = policy
        if plan is not None:
            self.within = plan.min_instances / 10
            self.instance_hours = float(plan.min_instances)


MORNING = ScheduledAction(name="morning", schedule="cron(0 8 * * ? *)", min_capacity=3)


def test_a_search_takes_the_cheapest_that_keeps_the_objective() -> None:
    best = search(Result, 0.9, peak=4)  # type: ignore[arg-type]
    assert (best.plan.target, best.plan.max_instances) == (10, 6)


def test_a_learnt_schedule_is_tried_on_top_of_the_best_policy() -> None:
    asked: list[int] = []

    def learn(most: int) -> list[tuple[ScheduledAction, ...]]:
        asked.append(most)
        return [(MORNING,)]

    best = search(Result, 0.9, peak=4, learn=learn)  # type: ignore[arg-type]
    assert asked == [6]
    assert (best.plan.target, best.plan.schedules) == (13, (MORNING,))


def test_a_search_without_success_returns_the_nearest() -> None:
    best = search(Result, 0.99, peak=4)  # type: ignore[arg-type]
    assert (best.plan.target, best.outcome.within) == (2, pytest.approx(0.98))


def test_the_best_fixed_count_is_the_smallest_that_will_do() -> None:
    assert best_fixed(Counted, 0.5).plan.name == "fixed:5"  # type: ignore[arg-type]
    most = best_fixed(Counted, 0.5, most=4)  # type: ignore[arg-type]
    assert (most.plan.name, most.outcome.policy) == ("fixed:4", "fixed: none up to 4")


@pytest.mark.parametrize("good", range(11))
def test_a_bisection_finds_the_last_good_option(good: int) -> None:
    class Step:
        def __init__(self, option: int) -> None:
            self.within = float(option < good)

    tried = bisect(Step, range(10), 0.5)  # type: ignore[arg-type]
    kept = [option for option, outcome in tried if outcome.within]
    assert max(kept, default=-1) == good - 1
    assert len(tried) <= 4
