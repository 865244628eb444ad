"""Time to the first token that a search adds, with 1,000 and 50,000 chunks of random words.

Three requests in turns, so that drift of the machine falls on all alike: a question alone; with
blocks as long as those that it finds, handed over by the caller; and with `file_search`. The third
less the second is what retrieval adds. The second less the first is the engine reading a longer
prompt: on a CPU the larger part, though the demo model is tiny. No engine has the blocks in its
cache, as the second has their words in another order.

Deploys the stage `local` to a cloud of its own. The search alone is what the service's log says of
it. What a cold start takes is the first invocation after the search function's process was killed,
which loads the store anew. CPU is that of all processes of the cloud.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
from retrieving_stage import MOST_RESULTS, STORE, RetrievingStage, deployed
from table import print_table, quantile

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.retrieval.context import with_context
from lambda_api.retrieval.passages import Passage, joined

_TOKENS = 4


def first_token(client: httpx2.Client, body: dict[str, Any]) -> tuple[float, bool]:
    """Return seconds to the first text, and whether a search went before it."""
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
        seconds: what retrieval added.
        reading: what the engine took for the longer prompt.
        cpu: CPU that retrieval added.
        failed: rounds in which the search did not come in time.
    """

    seconds: list[float] = field(default_factory=list)
    reading: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    failed: int = 0


def handed_over(stage: RetrievingStage, question: str) -> dict[str, Any]:
    """Return a request with the blocks of a question, the words of each in another order."""
    found = stage.search(query=question, top_k=MOST_RESULTS)["results"]
    passages = joined(Passage.of(STORE, one) for one in found)
    turned = [replace(one, text=" ".join(reversed(one.text.split()))) for one in passages]
    body = stage.request(question, searches=False, tokens=_TOKENS, stream=True)
    request = with_context(ChatCompletionRequest.model_validate(body), turned)
    return body | {
        "messages": [message.model_dump(exclude_none=True) for message in request.messages]
    }


def measure(stage: RetrievingStage, rounds: int) -> Added:
    """Return what searching added."""
    added = Added()
    with stage.http() as client:
        for number in range(rounds + 3):
            question = f"w{number * 7 % 500} w{number} w{number * 3}?"
            bodies = [
                stage.request(question, searches=searches, tokens=_TOKENS, stream=True)
                for searches in (False, True)
            ]
            bodies.insert(1, handed_over(stage, question))
            bare, _ = first_token(client, bodies[0])
            began = stage.cpu_seconds()
            handed, _ = first_token(client, bodies[1])
            between = stage.cpu_seconds()
            grounded, found = first_token(client, bodies[2])
            ended = stage.cpu_seconds()
            if number < 3:  # connections, and the first snapshot
                continue
            if found:
                added.seconds.append(grounded - handed)
                added.reading.append(handed - bare)
                added.cpu.append((ended - between) - (between - began))
            else:
                added.failed += 1
    return added


def rows(stage: RetrievingStage, chunks: int, rounds: int) -> list[tuple[str, str]]:
    """Return the table's rows of a store of so many chunks."""
    stage.fill(chunks)
    starts = [cold(stage) for _ in range(3)]
    began = time.time()
    added = measure(stage, rounds)
    spreads = {
        "added by retrieval": added.seconds,
        "the search of it": [one / 1000 for one in stage.retrieval_milliseconds(began)],
        "the engine, reading what was found": added.reading,
    }
    told = [
        (f"{name}, {quantile_name}", f"{quantile(seconds, share) * 1000:.0f} ms")
        for name, seconds in spreads.items()
        for quantile_name, share in (("p50", 0.5), ("p95", 0.95))
    ]
    told += [
        ("CPU added by retrieval, mean", f"{statistics.mean(added.cpu) * 1000:.0f} ms"),
        ("answers without features", f"{added.failed} of {rounds}"),
        ("cold: the search function", f"{statistics.median(starts):.1f} s"),
    ]
    return [(f"{chunks:,} chunks: {name}", value) for name, value in told]


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
    with deployed() as stage:
        told = [row for chunks in given.chunks for row in rows(stage, chunks, given.rounds)]
    print_table("Time to the first token that a search adds", told)


if __name__ == "__main__":
    main()
