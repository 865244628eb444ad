"""Batch transform and an asynchronous endpoint, beside the engine they run, on the demo model.

Starts a local cloud of its own and talks to SageMaker's API only. Batch: so many lines, end to end
(from CreateTransformJob to Completed: instance, model archive, S3 in and out), against the same
lines sent to an engine process at the same concurrency. Asynchronous: a burst at an endpoint with
no instance, then one instance. Both again with the engine's process killed on the way. Every result
is looked for: what is lost, and what is there twice, is counted.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from local_sagemaker import AsyncEndpoint, SageMaker, run_batch, run_burst
from requests_of_jobs import Run, ask_engine
from table import print_table, spread

from localcloud.ports import free_port
from localcloud.settings import Settings
from twin.local.cloud import LocalCloud


@dataclass
class Found:
    """Everything that was measured."""

    raw: list[Run] = field(default_factory=list)
    batch: list[Run] = field(default_factory=list)
    burst: list[Run] = field(default_factory=list)
    submitting: list[float] = field(default_factory=list)
    killed_batch: Run | None = None
    killed_burst: Run | None = None


def measure(cloud: LocalCloud, given: argparse.Namespace) -> Found:
    found = Found()
    sagemaker = SageMaker(cloud)
    endpoint = AsyncEndpoint(sagemaker, given.concurrency)
    endpoint.scale(0)
    work = {"lines": given.lines, "tokens": given.tokens, "concurrency": given.concurrency}
    asked = {"requests": given.lines, "tokens": given.tokens}
    for number in range(given.rounds):
        found.raw.append(ask_engine(**work))
        found.batch.append(run_batch(sagemaker, f"whole-{number}", **work, kills=0))
        submitted, run = run_burst(endpoint, **asked, kills=0)
        found.submitting.append(submitted)
        found.burst.append(run)
        endpoint.scale(0)
    found.killed_batch = run_batch(sagemaker, "killed", **work, kills=given.kills)
    _, found.killed_burst = run_burst(endpoint, **asked, kills=given.kills)
    return found


def show(found: Found, given: argparse.Namespace) -> None:
    def shares(runs: list[Run]) -> str:
        pairs = zip(runs, found.raw, strict=True)
        return spread([run.per_second() / base.per_second() for run, base in pairs], "", 2)

    def told(runs: list[Run]) -> str:
        return "; ".join(sorted({run.told(given.lines) for run in runs}))

    def speed(runs: list[Run]) -> str:
        return spread([run.per_second() for run in runs], "lines/s")

    assert found.killed_batch is not None
    assert found.killed_burst is not None
    rows = [
        ("engine alone", speed(found.raw)),
        ("batch transform", speed(found.batch)),
        ("batch transform / engine", shares(found.batch)),
        ("batch transform: results", told(found.batch)),
        ("burst: submitting", spread(found.submitting, "s")),
        ("burst: draining, from zero", spread([run.seconds for run in found.burst], "s")),
        ("burst: draining / engine", shares(found.burst)),
        ("burst: results", told(found.burst)),
        (f"batch, {given.kills} kills", f"{found.killed_batch.seconds:.1f} s"),
        (f"batch, {given.kills} kills: results", told([found.killed_batch])),
        (f"burst, {given.kills} kills", f"{found.killed_burst.seconds:.1f} s"),
        (f"burst, {given.kills} kills: results", told([found.killed_burst])),
    ]
    title = f"{given.lines} requests of {given.tokens} tokens, {given.concurrency} at once"
    print_table(title, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1000, help="of a batch, and of a burst")
    parser.add_argument("--tokens", type=int, default=32, help="of each answer")
    parser.add_argument("--concurrency", type=int, default=8, help="requests in the engine")
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        cloud = LocalCloud(Settings(port=free_port(), data_dir=Path(directory)))
        try:
            cloud.start(stop_with_us=True)
            found = measure(cloud, given)
        finally:
            cloud.stop()
    show(found, given)


if __name__ == "__main__":
    main()
