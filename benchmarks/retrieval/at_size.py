"""The search function's own work on a store of random chunks: loaded, asked, published into.

In one process, without S3, Lambda, queues and their windows: the least that the figures of
`first_token.py` and `freshness.py` can be. In seconds of CPU, which on one free vCPU is the time.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import sys
import time

import psutil
from random_store import fill

from twin.environment import PROJECT

sys.path[:0] = [str(PROJECT), str(PROJECT / "benchmarks")]
from table import print_table  # noqa: E402

from tests.support.features.pipeline import STORE, Pipeline  # noqa: E402


def searches(pipeline: Pipeline, rounds: int) -> list[float]:
    """Return the CPU of searches, embedding and answer included, the quickest first."""
    taken = []
    for number in range(rounds):
        question = f"Which alarms of w{number} undo w{number * 7}, and when does w{number * 31}?"
        began = time.process_time()
        pipeline.service.search({"store": STORE, "query": question})
        taken.append(time.process_time() - began)
    return sorted(taken)


def memory_mb() -> float:
    """Return the MB that this process needs, without memory to give back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return float(psutil.Process().memory_full_info().uss / 1e6)


def measure(chunks: int, rounds: int) -> list[tuple[str, str]]:
    """Return the rows of a store of so many chunks."""
    pipeline = Pipeline()
    identity = pipeline.embedder.identity
    fill(pipeline.bucket, STORE, chunks, identity)
    pipeline.embedder.embed(["What is loaded once, whatever the store."])
    before, began = memory_mb(), time.process_time()
    pipeline.service.warm()
    loaded = time.process_time()
    rows = [
        (f"{chunks:,} chunks: load", f"{loaded - began:.2f} s"),
        (f"{chunks:,} chunks: memory", f"{memory_mb() - before:.0f} MB"),
    ]
    taken = searches(pipeline, rounds)
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        milliseconds = taken[int(share * (rounds - 1))] * 1000
        rows.append((f"{chunks:,} chunks: search, {name}", f"{milliseconds:.1f} ms"))
    began = time.process_time()
    fill(pipeline.bucket, STORE, 100, identity, first=10_000)
    published = time.process_time()
    pipeline.service.warm()
    return [
        *rows,
        (f"{chunks:,} chunks: publish a document", f"{published - began:.2f} s"),
        (f"{chunks:,} chunks: and load it", f"{time.process_time() - published:.2f} s"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, nargs="+", default=[1_000, 50_000])
    parser.add_argument("--rounds", type=int, default=100)
    given = parser.parse_args()
    rows = [row for chunks in given.chunks for row in measure(chunks, given.rounds)]
    print_table("The search function's own work", rows)


if __name__ == "__main__":
    main()
