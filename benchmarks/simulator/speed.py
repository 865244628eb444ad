"""The simulator's time on a million generated requests, and its memory, which stays flat."""

from __future__ import annotations

import argparse
import resource
import time

from planner.hardware.demand import survey
from planner.models.known import known_model
from planner.policies.presets import preset
from planner.simulator.endpoint import endpoint
from planner.simulator.outcome import Objective
from planner.simulator.simulation import Simulation
from planner.workload.generated import Traffic

RATE = 6.0


def measure(requests: int) -> tuple[float, float, int]:
    """Return CPU seconds, wall seconds and requests of one simulation, traffic included."""
    traffic = Traffic(kind="diurnal", rate=RATE, duration=requests / RATE)
    serving = endpoint(known_model("llama-3.1-8b"), "ml.g5.2xlarge", Objective())
    seen = survey(Traffic(kind="diurnal", rate=RATE, duration=3600).arrivals(), serving.speed)
    plan = preset("aws-sample", seen.most_requests_per_second)
    cpu, wall = time.process_time(), time.perf_counter()
    controller = plan.scaler(traffic.start)
    simulation = Simulation("speed", serving, controller, instances=4, start=traffic.start)
    outcome = simulation.run(traffic.arrivals())
    return time.process_time() - cpu, time.perf_counter() - wall, outcome.requests


def main() -> None:
    """Run traces of two lengths and print the seconds that each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    arguments = parser.parse_args()
    for requests in (arguments.requests // 10, arguments.requests):
        cpu, wall, count = measure(requests)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{count:9,} requests: {cpu:.2f} s CPU, {wall:.2f} s wall, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
