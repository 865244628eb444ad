"""The requests of the deployment types' benchmark, and the engine they are compared with."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from twin.environment import PROJECT

MODEL = PROJECT / "model_artifacts" / "demo"
ENGINE = {"CTX_SIZE": "4096", "PARALLEL": "4", "THREADS": "1"}
"""Flags of the engine, as the local stage runs it."""
JSON = "application/json"


@dataclass(frozen=True)
class Run:
    """One measurement."""

    seconds: float
    results: Counter[str]
    """Number of answers of each line or request."""

    def per_second(self) -> float:
        return len(self.results) / self.seconds

    def told(self, expected: int) -> str:
        lost = expected - len(self.results)
        doubled = sum(1 for count in self.results.values() if count > 1)
        return f"{lost} lost, {doubled} answered twice"


def chat(number: int, tokens: int) -> bytes:
    """A request whose answer has exactly so many tokens, and whose prompt no other has."""
    question = {"role": "user", "content": f"{number}: what is an endpoint config?"}
    body = {"messages": [question], "max_tokens": tokens, "ignore_eos": True, "temperature": 0}
    return json.dumps(body).encode()


def name(number: int) -> str:
    return f"request-{number}"


class Killer:
    """Kills the engine as results come in, so many times, evenly spread."""

    def __init__(self, kill: Callable[[], None], times: int, expected: int) -> None:
        self._kill = kill
        self._at = [expected * number // (times + 1) for number in range(1, times + 1)]

    def saw(self, results: int) -> None:
        while self._at and results >= self._at[0]:
            self._at.pop(0)
            self._kill()


@contextmanager
def engine() -> Iterator[int]:
    """The engine's process alone; yields its port."""
    flags = [part for flag, value in ENGINE.items() for part in (f"--{flag.lower()}", value)]
    flags = [part.replace("_", "-") for part in flags]
    command = [sys.executable, "-m", "localcloud.engines.llama_cpp", "--model-dir", str(MODEL)]
    process = subprocess.Popen(
        [*command, *flags],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if b"listening on http://" in line:
                yield int(line.rpartition(b":")[2])
                break
    finally:
        process.kill()
        process.wait()


def ask_engine(lines: int, tokens: int, concurrency: int) -> Run:
    """Send the lines straight to the engine, over connections that stay open."""
    with engine() as port, ThreadPoolExecutor(concurrency) as pool:

        def ask(worker: int) -> list[str]:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            answered = []
            for number in range(worker, lines, concurrency):
                headers = {"content-type": JSON}
                connection.request("POST", "/v1/chat/completions", chat(number, tokens), headers)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200, answer.status
                answered.append(name(number))
            connection.close()
            return answered

        started = time.perf_counter()
        found = [one for answered in pool.map(ask, range(concurrency)) for one in answered]
        return Run(time.perf_counter() - started, Counter(found))
