"""A result as one document for other programs: question, assumptions, provenance, outcomes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from autoscaling.assumptions import ASSUMED
from planner.plan_result import PlanResult
from planner.simulator.endpoint import Endpoint
from planner.simulator.outcome import Objective, Outcome

QUANTILES = ("p50", "p95", "p99")


def document(question: dict[str, Any], objective: Objective, result: PlanResult) -> dict[str, Any]:
    """Return everything that is known of a result, of types that JSON has."""
    speed = asdict(result.endpoint.speed)
    return {
        "question": question,
        "objective": asdict(objective),
        "summary": result.summary,
        "notes": result.notes,
        "assumptions": assumptions(result.endpoint),
        "provenance": result.provenance,
        "speed": speed,
        "ceiling": {"share": result.ceiling.share, "reason": result.ceiling.sentence},
        "outcomes": [_outcome(outcome) for outcome in result.outcomes],
        "config": result.config or None,
        "missed": result.missed,
    }


def assumptions(served_by: Endpoint) -> dict[str, Any]:
    """Return what the simulation takes for granted, by name; seconds where nothing else is said."""
    return {
        **asdict(ASSUMED),
        "start_of_an_instance_median": served_by.delay.median,
        "start_from_zero_median": served_by.from_zero.median,
        "start_spread": served_by.delay.spread,
        "scale_in": served_by.scale_in,
        "overhead_outside_the_engine": served_by.overhead,
        "share_of_prompts_in_the_prefix_cache": served_by.speed.cached,
        "cold_start": served_by.cold_start.mode,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    seconds = {
        name: dict(zip(QUANTILES, getattr(outcome, name), strict=True))
        for name in ("first_token", "end_to_end", "per_token")
    }
    plain = ("policy", "requests", "within", "errors", "put_off", "instance_hours", "gpu_hours")
    counts = {name: getattr(outcome, name) for name in (*plain, "usd", "peak", "activities")}
    return counts | seconds
