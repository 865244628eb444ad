"""Reachability of targets: a policy whose metric never exceeds its target never scales out."""

from __future__ import annotations

from math import inf

import numpy as np

from planner.errors import PlanError
from planner.hardware.demand import WINDOW, Survey
from planner.policies.policy import ScalingPlan
from planner.simulator.endpoint import Endpoint


def check_reachable(plan: ScalingPlan, seen: Survey, served_by: Endpoint) -> None:
    """Refuse a target that the metric never exceeds under this traffic.

    Raises:
        PlanError: nothing would ever scale out, however busy the instances are.
    """
    if plan.metric is None or not plan.scales:
        return
    most, why = _most(plan, seen, served_by)
    if plan.target >= most:
        raise PlanError(
            f"policy {plan.name}: target: got {plan.target:g} {plan.metric} per instance, which "
            f"can never be reached: {why}; must be below {most:.4g}"
        )


def _most(plan: ScalingPlan, seen: Survey, served_by: Endpoint) -> tuple[float, str]:
    """Return the metric's upper bound on the fewest instances, and the reason."""
    if plan.metric == "kv-cache-use":
        return 1.0, "it is a share of the cache"
    if plan.metric == "invocations":
        rate = 60 * seen.most_requests_per_second
        return rate, f"an instance serves {rate:.0f} of this traffic's requests a minute"
    limit = served_by.objective.limit
    together = _most_together(seen, limit) / max(1, plan.min_instances)
    why = f"no more of this traffic's requests arrive within {limit:g} s, SageMaker's limit"
    if plan.metric == "queued-requests":
        return together, why
    slots = served_by.speed.slots
    if plan.target <= slots:  # traffic too light for it needs no second instance
        return inf, ""
    return together, f"{slots} decode at once, and {why}"


def _most_together(seen: Survey, limit: float) -> float:
    """Return the most requests in flight: all that arrive until SageMaker ends the first."""
    minutes = min(len(seen.arrivals), int(np.ceil(limit / WINDOW)) + 1)
    return float(np.convolve(seen.arrivals, np.ones(minutes), mode="valid").max())
