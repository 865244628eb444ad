"""The engine model beside the published latencies; the numbers of the docs."""

from __future__ import annotations

from math import inf

import numpy as np

from planner.hardware.catalogue import instance_type, measurements
from planner.hardware.speeds import CONCURRENCIES, TOKENS_IN, TOKENS_OUT, speed_of
from planner.hardware.throughput import SLOTS, Speed
from planner.models.known import known_model
from planner.simulator.instance import Done, SimulatedInstance
from planner.workload.trace import Arrivals

REQUESTS = 600


def closed_loop(engine: Speed, concurrency: int) -> float:
    """Keep so many requests in flight, as the measurement did; return mean end-to-end seconds."""
    done: list[Done] = []
    instance = SimulatedInstance(engine, slot=0, loads=[0], ends=[inf], done=done, patience=inf)

    def send(now: float) -> None:
        tokens = np.array([TOKENS_IN]), np.array([TOKENS_OUT])
        instance.arrive(next(engine.requests(Arrivals(np.array([now]), *tokens))))

    for index in range(concurrency):
        send(0.001 * index)
    while len(done) < REQUESTS:
        instance.complete()
        send(done[-1][2])
    return float(np.mean([end - arrival for arrival, _, end, _ in done[REQUESTS // 3 :]]))


def main() -> None:
    """Print a row per published table: measured, simulated and the error."""
    print("| model, instance |", " | ".join(f"C={c}" for c in CONCURRENCIES), "|")
    print("| --- |", " | ".join("---:" for _ in CONCURRENCIES), "|")
    errors: dict[bool, list[float]] = {True: [], False: []}
    for row in measurements():
        served_by = instance_type(row["instance"])
        engine = speed_of(known_model(row["model"]), served_by, served_by.gpus)
        cells = []
        for concurrency, published in zip(CONCURRENCIES, row["seconds"], strict=True):
            seconds = closed_loop(engine, concurrency)
            error = seconds / published - 1
            errors[concurrency <= SLOTS].append(abs(error))
            cells.append(f"{published:.2f} / {seconds:.2f} ({error:+.1%})")
        print(f"| {row['model']}, {row['instance']} |", " | ".join(cells), "|")
    for fitted, label in ((True, "fitted, up to 32"), (False, "predicted, 64 and 128")):
        mean, most = np.mean(errors[fitted]), max(errors[fitted])
        print(f"\n{label}: mean error {mean:.1%}, largest {most:.1%}")


if __name__ == "__main__":
    main()
