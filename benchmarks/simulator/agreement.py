"""The simulator beside the local cloud: the same load, the same policy, and the counts of both.

Starts a local cloud with a fast clock and an engine of known speed, sends real requests for an hour
and a half by that clock, and simulates the same arrivals. Prints the instances in service at every
minute of both, and at how many they agree.

    python benchmarks/simulator/agreement.py --policy concurrency --seed 1
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autoscaling.schedule import ScheduledAction
from planner.hardware.catalogue import Delay
from planner.hardware.throughput import Speed
from planner.policies.policy import ScalingPlan
from planner.simulator.endpoint import Endpoint
from planner.simulator.outcome import Outcome
from planner.simulator.simulation import Simulation
from planner.workload.trace import Arrivals

sys.path.append(str(Path(__file__).parent))
from live import LiveEndpoint, Replay, live_endpoint

MINUTE = 60.0
POLICIES = ("concurrency", "invocations", "schedule")
MOST = 5
TARGET = 5.0
MEAN_TOKENS, SPREAD = 40.0, 0.5
SPEED = Speed(
    prefill=0.5,  # of a prompt, which counts as one token
    step=0.3,
    sequence=0.02,
    kv_token=0.0,
    slots=16,
    kv_tokens=1_000_000,
    measured=True,
)
LOAD = ((0.5, 12), (2.0, 18), (4.0, 18), (1.5, 22), (0.4, 20))
"""Steps of the load: the instances that are then at the target, and the minutes of the step."""
LENGTH = MINUTE * sum(minutes for _, minutes in LOAD)
SCALE_IN = 10.0
"""Seconds by the clock that the local cloud takes to drain an instance and to notice."""
SECONDS = SPEED.prefill + (MEAN_TOKENS - 1) * (SPEED.step + TARGET * SPEED.sequence)
"""Of a mean request on an instance at its target."""

Counts = NDArray[np.int64]


def load(seed: int, start: float) -> Arrivals:
    """Make Poisson traffic with lognormal answers, on levels that vary by a fifth."""
    random, at, times = np.random.default_rng(seed), start, []
    for instances, minutes in LOAD:
        rate = instances * random.uniform(0.8, 1.2) * TARGET / SECONDS
        count = random.poisson(rate * minutes * MINUTE)
        times.append(at + np.sort(random.uniform(0, minutes * MINUTE, count)))
        at += minutes * MINUTE
    arrivals = np.concatenate(times)
    tokens = random.lognormal(np.log(MEAN_TOKENS) - SPREAD**2 / 2, SPREAD, len(arrivals))
    generated = np.maximum(2, tokens).astype(np.int64)
    return Arrivals(arrivals, np.ones_like(generated), generated)


def policy(name: str, start: float) -> ScalingPlan:
    """Return a policy to try: concurrency, invocations or schedule."""
    plan = ScalingPlan(name=name, max_instances=MOST, scale_out_cooldown=60, target=TARGET)
    if name == "invocations":
        return replace(plan, metric="invocations", target=round(MINUTE * TARGET / SECONDS, 1))
    if name == "schedule":
        ahead, after = (_at(start + minutes * MINUTE) for minutes in (25, 48))
        return replace(
            plan,
            schedules=(
                ScheduledAction(name="ahead", schedule=ahead, min_capacity=3),
                ScheduledAction(name="after", schedule=after, min_capacity=1),
            ),
        )
    return plan


def _at(time: float) -> str:
    return f"at({datetime.fromtimestamp(time, UTC):%Y-%m-%dT%H:%M:%S})"


def live_counts(seen: Replay, start: float) -> Counts:
    """Return the instances in service in each minute: the mean of what was seen, rounded."""
    times, counts = np.array(seen.counts).T
    minutes = ((times - start) // MINUTE).astype(int)
    inside = (minutes >= 0) & (minutes < LENGTH // MINUTE)
    sums = np.bincount(minutes[inside], weights=counts[inside])
    return np.rint(sums / np.bincount(minutes[inside])).astype(np.int64)


def simulated(
    plan: ScalingPlan, serving: Endpoint, arrivals: Arrivals, start: float
) -> tuple[Counts, Outcome]:
    """Return the same of a simulation."""
    simulation = Simulation(plan.name, serving, plan.scaler(start), instances=1, start=start)
    outcome = simulation.run([arrivals], start + LENGTH)
    line = outcome.timeline
    counts = np.rint(line.serving / line.width).astype(np.int64)
    return counts[: int(LENGTH // MINUTE)], outcome


def compare(endpoint: LiveEndpoint, name: str, seed: int) -> float:
    """Run a policy simulated and for real; return the share of the minutes that agree."""
    starting = endpoint.measure_start()
    start = (endpoint.now() // MINUTE + 1) * MINUTE
    plan, arrivals = policy(name, start), load(seed, start)
    endpoint.wait_until(start)
    endpoint.follow(plan)
    seen = endpoint.replay(arrivals, start + LENGTH)
    delay = Delay(starting, 0.0)
    serving = Endpoint(
        speed=SPEED, usd_per_hour=0.0, delay=delay, from_zero=delay, scale_in=SCALE_IN, overhead=0.0
    )
    expected, outcome = simulated(plan, serving, arrivals, start)
    found = live_counts(seen, start)
    agree = float((found == expected).mean())
    show(name, seed, plan, seen, outcome)
    print(f"an instance started in {starting:.0f} s")
    print("live     ", "".join(map(str, found)))
    print("simulated", "".join(map(str, expected)))
    print(f"agree at {agree:.1%} of {len(found)} minutes", flush=True)
    for activity in endpoint.activities():
        print(" ", activity)
    return agree


def show(name: str, seed: int, plan: ScalingPlan, seen: Replay, outcome: Outcome) -> None:
    """Print what was run, and how well the machine kept up."""
    late, took = np.quantile(seen.late, (0.5, 0.99)), np.quantile(seen.took, (0.5, 0.95))
    print(f"\n## {name}, target {plan.target:g}, seed {seed}")
    print(f"{len(seen.took)} requests, sent {late[0]:.2f} s late (p99 {late[1]:.2f}); by the clock")
    p50, p95, _ = outcome.end_to_end
    print(f"end to end p50 {took[0]:.1f} live, {p50:.1f} simulated; p95 {took[1]:.1f}, {p95:.1f}")


def main() -> None:
    """Compare every policy under every load."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policy", action="append", choices=POLICIES)
    parser.add_argument("--seed", action="append", type=int, help="of the load")
    parser.add_argument("--factor", type=float, default=20.0, help="of the clock")
    parser.add_argument("--provisioning", type=float, default=180.0, help="s by the clock")
    arguments = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    shares = []
    for name in arguments.policy or POLICIES:
        for seed in arguments.seed or (1,):
            with live_endpoint(SPEED, arguments.factor, arguments.provisioning) as endpoint:
                shares.append(compare(endpoint, name, seed))
    print(f"\nagree at {np.mean(shares):.1%} of the minutes, at least {min(shares):.1%}")


if __name__ == "__main__":
    main()
