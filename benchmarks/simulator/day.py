"""A 24-hour day of traffic, made out of an hour of it; the recipe is in docs/autoscaling.md."""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from planner.workload.trace import CHUNK, COLUMNS, Arrivals, read_trace

DAY = 86_400.0
BUSIEST = 1.5  # times the hour's rate at 16:00; a tenth of that at 04:00
BURST_MINUTES, BURST_FACTOR, BURST_RAMP = 15.0, 2.0, 60.0
MONDAY = 1_767_571_200.0  # 2026-01-05 00:00 UTC


def day(hour: Path, seed: int) -> Arrivals:
    """Tile the hour over a day, each tile turned by a random offset, and thin or repeat it."""
    random = np.random.default_rng(seed)
    chunks = list(read_trace(hour))
    times = np.concatenate([chunk.times for chunk in chunks])
    context = np.concatenate([chunk.context for chunk in chunks])
    generated = np.concatenate([chunk.generated for chunk in chunks])
    length = float(times[-1] - times[0]) + 1.0
    burst = random.uniform(9, 20) * 3600
    kept_times, kept = [], []
    for tile in np.arange(0, DAY, length):
        at = tile + (times - times[0] + random.uniform(0, length)) % length
        copies = _copies(at, burst, random)
        index = np.repeat(np.arange(len(at)), copies)
        # Copies of one request must not arrive together.
        jitter = np.where(
            np.concatenate(([0], np.diff(index))) == 0, random.uniform(0, 30, len(index)), 0
        )
        kept_times.append(at[index] + jitter)
        kept.append(index)
    at, index = np.concatenate(kept_times), np.concatenate(kept)
    order = np.argsort(at, kind="stable")
    order = order[at[order] < DAY]
    return Arrivals(MONDAY + DAY * seed + at[order], context[index[order]], generated[index[order]])


def _copies(
    at: NDArray[np.float64], burst: float, random: np.random.Generator
) -> NDArray[np.int64]:
    envelope = 0.55 - 0.45 * np.cos(2 * math.pi * (at - 4 * 3600) / DAY)
    edges = (0, burst, burst + BURST_RAMP, burst + 60 * BURST_MINUTES, DAY)
    surge = np.interp(at, edges, (1, 1, BURST_FACTOR, BURST_FACTOR, BURST_FACTOR))
    surge = np.where(at > edges[3], 1.0, surge)
    rate = BUSIEST * envelope * surge
    return np.floor(rate + random.random(len(at))).astype(np.int64)


def chunked(arrivals: Arrivals) -> Iterator[Arrivals]:
    """Yield the day as a trace file would be read."""
    for i in range(0, len(arrivals), CHUNK):
        stretch = slice(i, i + CHUNK)
        yield Arrivals(
            arrivals.times[stretch], arrivals.context[stretch], arrivals.generated[stretch]
        )


def write(arrivals: Arrivals, path: Path) -> None:
    """Write a trace file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        columns = (arrivals.times, arrivals.context, arrivals.generated)
        for time, context, generated in zip(*(column.tolist() for column in columns), strict=True):
            stamp = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
            rows.writerow((stamp, context, generated))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hour", type=Path, help="AzureLLMInferenceTrace_conv.csv or one like it")
    parser.add_argument("out", type=Path, help="where the day goes")
    parser.add_argument("--seed", type=int, default=1, help="another seed is another day")
    arguments = parser.parse_args()
    write(day(arguments.hour, arguments.seed), arguments.out)
