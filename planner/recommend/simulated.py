"""Real-time options under a trace: sized by the simulator instead of by the average request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from planner.errors import PlanError
from planner.experiment import Experiment
from planner.hardware.demand import survey
from planner.policies.policy import ScalingPlan
from planner.recommend.demand import MONTH_HOURS
from planner.recommend.needs import Needs
from planner.recommend.option import FIRST_TOKEN_SECONDS, PER_TOKEN_MS, Miss, Option
from planner.search.optimizer import TARGETS, bisect
from planner.simulator.endpoint import Endpoint, hosted
from planner.simulator.outcome import Objective, Outcome
from planner.workload.trace import Arrivals, read_trace

SHARE = 0.99
_TRIED = 3
_TIGHT = 1.5
_SCALE_OUT_COOLDOWN = 60.0
_OF_A_TRACE = (
    "tokens_in", "tokens_out", "context", "requests_per_second", "requests_per_day", "people",
    "minutes_between", "rows", "window_hours", "runs_per_month", "bursts_per_day", "peak_factor",
    "at_once", "sessions_per_week", "session_minutes", "longest_start_minutes", "opens", "closes",
    "days", "outside_hours",
)  # fmt: skip


def traced(table: Mapping[str, Any], arrivals: list[Arrivals]) -> dict[str, Any]:
    """Return needs with the sizes and the rate that a trace has.

    Raises:
        PlanError: the needs say some of it themselves.
    """
    if both := [name for name in _OF_A_TRACE if name in table]:
        raise PlanError(
            f"{' and '.join(both)} beside --trace: got both; must be one: a trace has its own"
        )
    if table.get("waits") is False:
        raise PlanError(
            "waits = false beside --trace: got both; a trace is played against a real-time "
            "endpoint: must be requests_per_day, or rows, without a trace"
        )
    count = sum(map(len, arrivals))
    context = np.concatenate([each.context for each in arrivals])
    generated = np.concatenate([each.generated for each in arrivals])
    seconds = float(arrivals[-1].times[-1] - arrivals[0].times[0]) or 1.0
    return {
        **table,
        "tokens_in": round(float(context.mean())),
        "tokens_out": max(1, round(float(generated.mean()))),
        "context": int((context + generated).max()),
        "requests_per_second": count / seconds,
    }


def read(trace: Path) -> list[Arrivals]:
    """Return the requests of a trace, which is kept in memory for several runs.

    Raises:
        PlanError: it cannot be read.
    """
    return list(read_trace(trace))


def simulated(needs: Needs, options: list[Option], arrivals: list[Arrivals]) -> list[Option]:
    """Return the cheapest options with the fleet that the simulator finds for a trace."""
    good = sorted((each for each in options if not each.misses), key=lambda each: each.usd)
    rest = [each for each in options if each.misses]
    return [*(_played(needs, each, arrivals) for each in good[:_TRIED]), *rest]


def _played(needs: Needs, option: Option, arrivals: list[Arrivals]) -> Option:
    experiment = _experiment(needs, option, arrivals)
    plan, outcome = _fleet(experiment, option.least)
    seen = experiment.survey
    hours = (seen.end - seen.start) / 3600
    usual = outcome.instance_hours / hours
    missed: tuple[Miss, ...] = ()
    if outcome.within < SHARE:
        missed = (Miss("requests outside the limits", 1 - outcome.within, 1 - SHARE, "of all"),)
    usd = option.candidate.usd_per_hour
    line = (
        f"simulated: {outcome.within:.2%} of {seen.requests:,} requests within the limits; "
        f"{outcome.instance_hours:.2f} instance-hours in {hours:.2f} h = {usual:.2f} instances x "
        f"{MONTH_HOURS:g} h x {usd:g} = {usual * MONTH_HOURS * usd:,.0f} USD"
    )
    return replace(
        option,
        most=plan.max_instances,
        hours=usual * MONTH_HOURS,
        misses=missed,
        sums=(*option.sums[:-1], line),
        target=plan.target,
    )


def _fleet(experiment: Experiment, least: int) -> tuple[ScalingPlan, Outcome]:
    """Return the cheapest policy with a minimum that keeps the share; without any, the nearest."""
    base = ScalingPlan(
        name="recommended",
        min_instances=least,
        max_instances=max(2 * least, ceil(_TIGHT * experiment.peak())),
        scale_out_cooldown=_SCALE_OUT_COOLDOWN,
    )
    tried = bisect(experiment.run, [replace(base, target=each) for each in TARGETS], SHARE)
    good = [each for each in tried if each[1].within >= SHARE]
    if good:
        return min(good, key=lambda each: each[1].instance_hours)
    return max(tried, key=lambda each: each[1].within)


def _experiment(needs: Needs, option: Option, arrivals: list[Arrivals]) -> Experiment:
    objective = Objective(
        needs.first_token_seconds or FIRST_TOKEN_SECONDS,
        (needs.per_token_ms or PER_TOKEN_MS) / 1000,
    )
    serving: Endpoint = hosted(option.candidate.serving, objective)
    return Experiment(lambda: arrivals, survey(arrivals, serving.speed), serving)
