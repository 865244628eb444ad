"""Small simulations: an endpoint whose delays are certain, steady traffic, one instance alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import inf

import numpy as np

from planner.hardware.catalogue import Delay
from planner.hardware.throughput import Speed
from planner.models.known import known_model
from planner.policies.policy import ScalingPlan
from planner.simulator.endpoint import Endpoint, endpoint
from planner.simulator.instance import Done, SimulatedInstance
from planner.simulator.outcome import Objective, Outcome
from planner.simulator.simulation import Simulation
from planner.workload.trace import MONDAY, Arrivals

SERVED = endpoint(known_model("llama-3.1-8b"), "ml.g5.2xlarge", Objective())
CERTAIN = replace(SERVED, delay=Delay(258, 0), from_zero=Delay(462, 0), overhead=0.0)


def steady(rate: float, seconds: float, start: float = 0.0) -> Arrivals:
    times = MONDAY + start + np.arange(0, seconds, 1 / rate)
    shape = np.ones(len(times), dtype=np.int64)
    return Arrivals(times, 500 * shape, 100 * shape)


def play(
    plan: ScalingPlan, traffic: Iterable[Arrivals], instances: int, served: Endpoint = CERTAIN
) -> Outcome:
    simulation = Simulation(
        plan.name, served, plan.scaler(MONDAY), instances=instances, start=MONDAY
    )
    return simulation.run(traffic)


def instances_at(outcome: Outcome, minute: int) -> float:
    return float(outcome.timeline.instances[minute] / outcome.timeline.width)


def new_instance(
    engine: Speed, patience: float = inf
) -> tuple[SimulatedInstance, list[float], list[Done]]:
    loads, ends, done = [0], [inf], list[Done]()
    instance = SimulatedInstance(
        engine, slot=0, loads=loads, ends=ends, done=done, patience=patience
    )
    return instance, ends, done


def closed_loop(engine: Speed, concurrency: int, count: int = 300) -> float:
    """Keep so many requests of 512 tokens in and 256 out in flight; return mean E2E seconds."""
    instance, _, done = new_instance(engine)

    def send(now: float) -> None:
        arrivals = Arrivals(np.array([now]), np.array([512]), np.array([256]))
        instance.arrive(next(engine.requests(arrivals)))

    for index in range(concurrency):
        send(0.001 * index)
    while len(done) < count:
        instance.complete()
        send(done[-1][2])
    return float(np.mean([end - arrival for arrival, _, end, _ in done[count // 3 :]]))
