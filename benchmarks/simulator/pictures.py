"""The plots that docs/autoscaling.md explains the strategies with."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from autoscaling.schedule import ScheduledAction
from planner.experiment import Experiment
from planner.hardware.demand import survey
from planner.models.known import known_model
from planner.policies.policy import ScalingPlan
from planner.policies.presets import preset
from planner.report.plots import timeline_png
from planner.simulator.endpoint import endpoint
from planner.simulator.outcome import Objective
from planner.workload.trace import MONDAY, Arrivals
from stacks.config import ColdStartConfig

OBJECTIVE = Objective()
SERVED = endpoint(known_model("llama-3.1-8b"), "ml.g5.2xlarge", OBJECTIVE)


def steps(*stretches: tuple[float, float]) -> list[Arrivals]:
    """Make Poisson traffic of (requests per second, minutes), one after another."""
    random, start, times = np.random.default_rng(0), MONDAY, []
    for rate, minutes in stretches:
        count = random.poisson(rate * minutes * 60)
        times.append(start + np.sort(random.uniform(0, minutes * 60, count)))
        start += minutes * 60
    at = np.concatenate(times)
    context = np.clip(random.lognormal(np.log(1020), 0.5, len(at)), 1, 8000).astype(np.int64)
    generated = np.clip(random.lognormal(np.log(129), 0.99, len(at)), 1, 1000).astype(np.int64)
    return [Arrivals(at, context, generated)]


def draw(
    path: Path,
    traffic: list[Arrivals],
    plans: dict[str, ScalingPlan],
    instances: int,
    cold_start: Literal["queue", "reject", "hold"] = "hold",
) -> None:
    """Run each plan and draw them together."""
    serving = replace(SERVED, cold_start=ColdStartConfig(mode=cold_start))
    experiment = Experiment(lambda: traffic, survey(traffic, serving.speed), serving)
    outcomes = [
        experiment.run(replace(plan, name=name, initial_instances=instances))
        for name, plan in plans.items()
    ]
    for outcome in outcomes:
        failed = sum(outcome.errors.values())
        print(
            f"{path.name}, {cold_start}, {outcome.policy}: {outcome.within:.1%} within, "
            f"{failed} errors, {outcome.put_off} later, {outcome.instance_hours:.1f} hours"
        )
    path.write_bytes(timeline_png(outcomes, OBJECTIVE))


def main() -> None:
    """Draw all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    folder = parser.parse_args().images
    folder.mkdir(parents=True, exist_ok=True)

    burst = steps((2, 20), (6, 30), (2, 50))
    tracked = {name: preset(name, 1.3) for name in ("invocations:40", "concurrency:8")}
    early = ScheduledAction(
        name="ahead", schedule="cron(14 0 * * ? *)", min_capacity=9, max_capacity=30
    )
    later = ScheduledAction(name="after", schedule="cron(50 0 * * ? *)", min_capacity=1)
    tracked["concurrency:8 and schedule"] = replace(
        tracked["concurrency:8"], schedules=(early, later)
    )
    draw(folder / "autoscaling-burst.png", burst, tracked, 3)

    naps = steps((0.2, 10), (0.0, 60), (0.2, 50))
    zero = {
        "at least 1": ScalingPlan(name="one", max_instances=4, target=8),
        "from 0, at most 4": ScalingPlan(name="zero", min_instances=0, max_instances=4, target=8),
        "from 0, at most 30": ScalingPlan(name="zero", min_instances=0, target=8),
    }
    for cold_start in ("queue", "reject", "hold"):
        draw(folder / "autoscaling-zero.png", naps, zero, 1, cold_start)


if __name__ == "__main__":
    main()
