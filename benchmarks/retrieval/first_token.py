"""Time to the first token that a search adds, with 1,000 and 50,000 chunks of random words.

What is added is the search, and the engine's time for the prompt that became longer: on a CPU the
larger part, though the demo model is tiny. The search alone is what the service's log says of it.

Deploys the stage `local` to a cloud of its own. The same question with and without `file_search`,
in turns, so that drift of the machine falls on both alike. What a cold start takes is the first
invocation after the search function's process was killed, which loads the store anew. CPU is that
of all processes of the cloud, the engine's too: as one waits for the other, the time is hardly
longer on a machine without other work, and on a busy one the CPU is all that can be compared.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import dataclass, field

import httpx2
from retrieving_stage import RetrievingStage, deployed
from table import print_table, quantile

_TOKENS = 4


def first_token(
    client: httpx2.Client, stage: RetrievingStage, question: str, *, searches: bool
) -> tuple[float, bool]:
    """Return seconds to the first text, and whether a search went before it."""
    body = stage.request(question, searches=searches, tokens=_TOKENS, stream=True)
    began = time.perf_counter()
    with client.stream("POST", "/chat/completions", json=body) as answer:
        found = "x-features-as-of" in answer.headers
        lines = answer.iter_lines()
        for line in lines:
            if line.startswith("data: {") and _has_text(line[6:]):
                seconds = time.perf_counter() - began
                for _ in lines:  # to the end, so that the connection is used again
                    pass
                return seconds, found
    raise AssertionError(f"no token: {answer.status_code}")


def _has_text(event: str) -> bool:
    choices = json.loads(event)["choices"]
    return bool(choices and choices[0]["delta"].get("content"))


@dataclass
class Added:
    """The cost of searching: seconds to the first token, and of CPU, of each round.

    Attributes:
        failed: Rounds in which the search did not come in time.
    """

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    failed: int = 0


def measure(stage: RetrievingStage, rounds: int) -> Added:
    """Return what searching added."""
    added = Added()
    with stage.http() as client:
        for number in range(rounds + 3):
            question = f"w{number * 7 % 500} w{number} w{number * 3}?"
            began = stage.cpu_seconds()
            bare, _ = first_token(client, stage, question, searches=False)
            between = stage.cpu_seconds()
            grounded, found = first_token(client, stage, question, searches=True)
            ended = stage.cpu_seconds()
            if number < 3:  # connections, and the first snapshot
                continue
            if found:
                added.seconds.append(grounded - bare)
                added.cpu.append((ended - between) - (between - began))
            else:
                added.failed += 1
    return added


def cold(stage: RetrievingStage) -> float:
    """Return the seconds of an invocation that begins without a process."""
    stage.kill_search()
    time.sleep(1)
    began = time.perf_counter()
    assert "results" in stage.search(query="w1 w2")
    return time.perf_counter() - began


def main() -> None:
    """Deploy, fill the store, and measure with each number of chunks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--chunks", type=int, nargs="+", default=[1_000, 50_000])
    given = parser.parse_args()
    rows = []
    with deployed() as stage:
        for chunks in given.chunks:
            stage.fill(chunks)
            starts = [cold(stage) for _ in range(3)]
            began = time.time()
            added = measure(stage, given.rounds)
            searches = stage.retrieval_milliseconds(began)
            median, high = statistics.median(added.seconds), quantile(added.seconds, 0.95)
            cpu = statistics.mean(added.cpu)
            rows += [
                (f"{chunks:,} chunks, warm: added, p50", f"{median * 1000:.0f} ms"),
                (f"{chunks:,} chunks, warm: added, p95", f"{high * 1000:.0f} ms"),
                (
                    f"{chunks:,} chunks, warm: the search of it, p50",
                    f"{statistics.median(searches):.0f} ms",
                ),
                (
                    f"{chunks:,} chunks, warm: the search of it, p95",
                    f"{quantile(searches, 0.95):.0f} ms",
                ),
                (f"{chunks:,} chunks, warm: added CPU, mean", f"{cpu * 1000:.0f} ms"),
                (f"{chunks:,} chunks, warm: without features", f"{added.failed} of {given.rounds}"),
                (
                    f"{chunks:,} chunks, cold: the search function",
                    f"{statistics.median(starts):.1f} s",
                ),
            ]
            print(rows[-7:], flush=True)
    print_table("Time to the first token that a search adds", rows)


if __name__ == "__main__":
    main()
