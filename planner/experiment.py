"""An experiment: several policies over the same traffic."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from autoscaling.assumptions import ASSUMED, Assumptions
from autoscaling.schedule import ScheduledAction
from planner.hardware.demand import WINDOW, Survey
from planner.policies.policy import ScalingPlan
from planner.search.learned_schedules import Clairvoyant, learnt_schedules, needed
from planner.search.optimizer import bisect
from planner.search.reachability import check_reachable
from planner.simulator.endpoint import Endpoint
from planner.simulator.outcome import Outcome
from planner.simulator.simulation import Controller, Simulation
from planner.workload.trace import Arrivals

Traffic = Callable[[], Iterable[Arrivals]]
"""Yields the same requests each time it is called."""

# Share of GPU time at which latency is still comfortable: where every policy starts.
_START_UTILIZATION = 0.6
_START_MINUTES = 10
# Longest share of starts a learnt schedule comes too late for: two standard deviations.
_LEAD_SPREADS = 2.0
# What a clairvoyant tries: minutes of work evened out, and how full the instances are.
_EVENED_MINUTES = (1, 3, 5, 8)
_UTILIZATIONS = tuple(percent / 100 for percent in range(50, 76))
# Less than what requests that meet the objective leave free would be no headroom.
_LEARNT_UTILIZATIONS = (0.45, 0.5, 0.55, 0.6)
# Seconds a schedule's change takes to be carried out, and a margin.
_LEAD_MARGIN = 30.0


@dataclass(frozen=True)
class Experiment:
    """Traffic and an endpoint to serve it with, under policies to compare.

    Attributes:
        traffic: the requests.
        survey: a first look at them.
        endpoint: engine and instances that serve.
        assumed: undocumented behaviour.
    """

    traffic: Traffic
    survey: Survey
    endpoint: Endpoint
    assumed: Assumptions = ASSUMED

    def run(self, plan: ScalingPlan) -> Outcome:
        """Simulate one policy.

        Raises:
            PlanError: its target can never be reached.
        """
        check_reachable(plan, self.survey, self.endpoint)
        controller = plan.scaler(self.survey.start, self.assumed)
        served_by = self.endpoint if plan.min_instances else self.endpoint.with_copies()
        return self._play(plan.name, served_by, controller, self._first_instances(plan))

    def run_clairvoyant(self, share: float) -> Outcome:
        """Simulate perfect foresight at the highest utilization that keeps the objective.

        The clairvoyant knows each minute's work and each start's length, and pays for starting
        early. Several ways to even out the minutes are tried, and the cheapest that keeps the
        objective is returned; without any, the nearest to it.
        """
        outcomes = []
        for windows in _EVENED_MINUTES:
            foresee = partial(self._clairvoyant_at, windows)
            outcomes += [outcome for _, outcome in bisect(foresee, _UTILIZATIONS, share)]
        good = [outcome for outcome in outcomes if outcome.within >= share]
        if good:
            return min(good, key=lambda outcome: outcome.instance_hours)
        return max(outcomes, key=lambda outcome: outcome.within)

    def _clairvoyant_at(self, windows: int, utilization: float) -> Outcome:
        delay = self.endpoint.delay
        counts = needed(self.survey, utilization, windows=windows)
        controller = Clairvoyant(counts, self.survey.start, delay.median)
        certain = replace(self.endpoint, delay=replace(delay, spread=0.0))
        return self._play("clairvoyant", certain, controller, controller.instances)

    def work_hours(self) -> float:
        """Return the instance-hours of work in the fullest batches: less cannot be paid."""
        return float(self.survey.work.sum()) / 3600

    def peak(self) -> float:
        """Return the most instances that a minute's work keeps busy."""
        return float(self.survey.work.max()) / WINDOW

    def learnt(self, yesterday: Survey, most: int) -> list[tuple[ScheduledAction, ...]]:
        """Return schedules learnt from another day, early enough for instances to start.

        The schedules differ in how full the instances would have been.
        """
        delay = self.endpoint.delay
        lead = delay.median * math.exp(_LEAD_SPREADS * delay.spread) + _LEAD_MARGIN
        learn = partial(learnt_schedules, yesterday, lead=lead, most=most)
        return [learn(utilization) for utilization in _LEARNT_UTILIZATIONS]

    def _first_instances(self, plan: ScalingPlan) -> int:
        if plan.initial_instances is not None:
            return plan.initial_instances
        if plan.min_instances == 0:
            return 0
        work = float(self.survey.work[:_START_MINUTES].mean())
        wanted = math.ceil(work / (WINDOW * _START_UTILIZATION))
        return max(plan.min_instances, min(plan.max_instances, wanted))

    def _play(
        self, name: str, endpoint: Endpoint, controller: Controller, instances: int
    ) -> Outcome:
        start, end = self.survey.start, self.survey.end
        simulation = Simulation(name, endpoint, controller, instances=instances, start=start)
        return simulation.run(self.traffic(), end)
