"""Hostile callers beside an innocent one, through a local stage with a real engine.

Starts a stage of its own: the local one with llama.cpp, or with `--engine vllm`, which `make vllm`
installs, one like prod. An innocent caller asks the same small question over and over:
first alone, then while the hostile corpus of the tests is sent, then while the largest requests
that the bounds let through are. Hostile callers wait 10 s and leave. Counted: what the hostile got,
how long the innocent waited at worst, and which engine processes are gone afterwards.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2
import psutil
from table import print_table, spread

from twin.environment import PROJECT
from twin.local.cloud import LocalCloud
from twin.outputs import StageOutputs

sys.path.insert(0, str(PROJECT))
from tests.support.engine_stage import DEMO as MODEL
from tests.support.engine_stage import ENGINES, deployed_stage
from tests.support.hostile.corpus import CORPUS
from tests.support.hostile.largest import LARGEST
from tests.support.hostile.request import Hostile
from tests.support.meanwhile import meanwhile

QUESTION = {
    "model": MODEL,
    "messages": [{"role": "user", "content": "What is an endpoint config?"}],
    "max_tokens": 16,
    "temperature": 0,
}
PATIENCE_SECONDS = 10


@dataclass
class Innocent:
    """A caller who asks all the time.

    Attributes:
        client: Its connection to the API.
        seconds: The time each answer took.
        failures: The statuses of answers that were none.
    """

    client: httpx2.Client
    seconds: list[float] = field(default_factory=list)
    failures: Counter[int] = field(default_factory=Counter)

    def ask(self) -> None:
        started = time.perf_counter()
        answer = self.client.post("chat/completions", json=QUESTION, timeout=120)
        self.seconds.append(time.perf_counter() - started)
        if answer.status_code != 200:
            self.failures[answer.status_code] += 1

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Ask until the block ends, then once more: work left in the engine delays that answer."""

        def ask_on(is_over: threading.Event) -> None:
            while not is_over.is_set():
                self.ask()

        try:
            with meanwhile(ask_on):
                yield
        finally:
            self.ask()


@dataclass
class Phase:
    """One set of requests, with the innocent caller beside."""

    name: str
    innocent: Innocent
    statuses: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0, "none")

    def send(self, client: httpx2.Client, requests: Sequence[Hostile]) -> None:
        for hostile in requests:
            waited = len(self.innocent.seconds)
            with self.innocent.asking():
                self.statuses[self._sent(client, hostile)] += 1
            worst = max(self.innocent.seconds[waited:])
            self.slowest = max(self.slowest, (worst, hostile.name))

    def _sent(self, client: httpx2.Client, hostile: Hostile) -> str:
        path = hostile.route.removeprefix("/v1/")
        try:
            headers = {"content-type": "application/json"}
            answer = client.post(path, content=hostile.for_model(MODEL), headers=headers)
        except httpx2.TimeoutException:
            return f"left after {PATIENCE_SECONDS} s"
        return str(answer.status_code)


def engines(cloud: LocalCloud) -> set[int]:
    server = cloud.process()
    assert server is not None
    return {
        child.pid
        for child in server.children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE
        and any("localcloud.engines" in part for part in child.cmdline())
    }


def connected(outputs: StageOutputs) -> httpx2.Client:
    key = outputs.api_key.get_secret_value()
    return httpx2.Client(
        base_url=f"{outputs.openai_base_url}/",
        headers={"authorization": f"Bearer {key}"},
        timeout=PATIENCE_SECONDS,
    )


def measure(outputs: StageOutputs, asks: int) -> list[Phase]:
    with connected(outputs) as hostile, connected(outputs) as innocent:
        for _ in range(3):  # connections and functions warm up
            Innocent(innocent).ask()
        alone = Phase("alone", Innocent(innocent))
        for _ in range(asks):
            alone.innocent.ask()
        phases = [alone]
        for name, requests in (("hostile corpus", CORPUS), ("largest allowed", LARGEST)):
            phase = Phase(name, Innocent(innocent))
            phase.send(hostile, requests)
            phases.append(phase)
        return phases


def rows(phases: Sequence[Phase]) -> Iterator[tuple[str, str]]:
    alone = max(phases[0].innocent.seconds)
    for phase in phases:
        innocent = phase.innocent
        yield f"{phase.name}: the innocent's answer", spread(innocent.seconds, "s", 2)
        yield (
            f"{phase.name}: answers the innocent did not get",
            str(sum(innocent.failures.values())),
        )
        if phase.statuses:
            told = ", ".join(f"{n}x {status}" for status, n in sorted(phase.statuses.items()))
            yield f"{phase.name}: {phase.statuses.total()} requests got", told
            later = max(innocent.seconds) - alone
            yield f"{phase.name}: later than alone, at worst (aim: 5 s)", f"{later:.2f} s"
            yield f"{phase.name}: the worst neighbour", f"{phase.slowest[1]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--asks", type=int, default=50, help="of the innocent caller, alone")
    parser.add_argument("--engine", choices=ENGINES, default="llama-cpp")
    given = parser.parse_args()
    with deployed_stage(given.engine) as (cloud, outputs):
        before = engines(cloud)
        phases = measure(outputs, given.asks)
        lost = before - engines(cloud)
    counted = [*rows(phases), ("engine processes lost", f"{len(lost)} of {len(before)}")]
    print_table(f"Hostile callers beside an innocent one, demo model, {given.engine}", counted)


if __name__ == "__main__":
    main()
