"""Answers while the search function is killed and S3 refuses, at 20 requests a second.

Deploys the stage `local` to a cloud of its own. A minute as it is, a minute in which the search
function's process is killed every five seconds, a minute in which S3 refuses every request.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext

import httpx2
from retrieving_stage import RetrievingStage, deployed
from table import print_table

from tests.support.meanwhile import meanwhile

_AT_ONCE = 60
_KILL_SECONDS = 5


def load(stage: RetrievingStage, rate: float, seconds: float) -> Counter[str]:
    """Ask at a rate; return how many answers had features, had none, or failed and how."""
    with stage.http() as client, ThreadPoolExecutor(_AT_ONCE) as threads:

        def ask(number: int) -> str:
            question = f"w{number % 500} w{number * 3 % 500}?"
            body = stage.request(question, searches=True, tokens=1, stream=False)
            try:
                answer = client.post("/chat/completions", json=body)
            except httpx2.HTTPError as error:
                return type(error).__name__
            if answer.status_code != 200:
                return f"{answer.status_code}: {answer.text[:200]}"
            return "without" if answer.headers.get("x-features") == "none" else "with"

        began, asked = time.monotonic(), []
        for number in range(int(rate * seconds)):
            time.sleep(max(0, began + number / rate - time.monotonic()))
            asked.append(threads.submit(ask, number))
        return Counter(one.result() for one in asked)


@contextmanager
def killing(stage: RetrievingStage) -> Iterator[None]:
    """Kill the search function's process every few seconds."""

    def kill(done: threading.Event) -> None:
        while not done.wait(_KILL_SECONDS):
            stage.kill_search()

    with meanwhile(kill):
        yield


@contextmanager
def s3_away(stage: RetrievingStage) -> Iterator[None]:
    """Have S3 refuse."""
    stage.cloud.flag.touch()
    try:
        yield
    finally:
        stage.cloud.flag.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=20, help="requests a second")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--chunks", type=int, default=1000)
    given = parser.parse_args()
    faults: dict[str, Callable[[RetrievingStage], AbstractContextManager[object]]] = {
        "as it is": nullcontext,
        f"search function killed every {_KILL_SECONDS} s": killing,
        "S3 refuses": s3_away,
    }
    rows = []
    with deployed() as stage:
        stage.fill(given.chunks)
        for name, fault in faults.items():
            # Each minute begins with a search function that has the store, and closed breakers.
            stage.search(warm=True)
            load(stage, 2, 5)
            with fault(stage):
                ended = load(stage, given.rate, given.seconds)
            failed = sum(count for how, count in ended.items() if how not in ("with", "without"))
            told = f"{failed} failed, {ended['without']} without features, of {ended.total()}"
            rows.append((name, told))
            print(name, dict(ended), flush=True)
            time.sleep(15)  # the breaker closes again
    print_table(f"Answers at {given.rate:g} requests a second", rows)


if __name__ == "__main__":
    main()
