"""Latency that each part of the path adds: engine, SageMaker's runtime and API asked in turns.

Starts a local stage of its own, with the demo model, or (`--slow`) with one as slow as a real model
on one core, where the path is not what limits the speed. Each round asks the same question once at
each depth, so that drift of the machine falls on all alike. The engine says with each token how
long it has been decoding (`timings_per_token`): a token's lag is how much later than that the
client has it, over the quickest token of its answer (the two clocks have no common zero; what all
tokens wait is in the time to first token).
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil
from slow_model import checkout_with_slow_model
from table import print_table, spread

from localcloud.engines.key import VARIABLE
from localcloud.ports import free_port
from localcloud.settings import Settings
from twin.client.conversation import connect
from twin.environment import PROJECT
from twin.local.cloud import LocalCloud
from twin.local.deployment import LocalDeployment
from twin.outputs import StageOutputs

QUESTION: dict[str, Any] = {
    "model": "twin-demo",
    "messages": [{"role": "user", "content": "What is an endpoint config?"}],
    "stream": True,
    "temperature": 0,
    "max_tokens": 64,
    "ignore_eos": True,
    "timings_per_token": True,
}


@dataclass(frozen=True)
class Token:
    """Arrival time of one piece of text, in seconds."""

    arrival: float
    """At the client, since the request was sent."""
    decoded: float
    """At the engine, since it began to decode."""


@dataclass(frozen=True)
class Stream:
    """One answer."""

    tokens: list[Token]

    @property
    def ttft(self) -> float:
        return self.tokens[0].arrival

    @property
    def per_token(self) -> float:
        return (self.tokens[-1].arrival - self.ttft) / (len(self.tokens) - 1)

    @property
    def lag(self) -> float:
        """Median of its tokens' lags."""
        delays = [token.arrival - token.decoded for token in self.tokens]
        return statistics.median(delays) - min(delays)


def timed(lines: Iterator[bytes], started: float) -> Stream:
    """Note when each line with text arrives."""
    return Stream(list(_tokens(lines, started)))


def _tokens(lines: Iterator[bytes], started: float) -> Iterator[Token]:
    for line in lines:
        arrival = time.perf_counter() - started
        if line.startswith(b"data: {"):
            chunk = json.loads(line[6:])
            if chunk["choices"] and chunk["choices"][0]["delta"].get("content"):
                yield Token(arrival, chunk["timings"]["predicted_ms"] / 1000)


def split(chunks: Iterator[bytes]) -> Iterator[bytes]:
    buffer = b""
    for chunk in chunks:
        *lines, buffer = (buffer + chunk).split(b"\n")
        yield from lines


def ask_engine(client: httpx2.Client, port: int, key: str) -> Stream:
    started = time.perf_counter()
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    headers = {"Authorization": f"Bearer {key}"}
    with client.stream("POST", url, json=QUESTION, headers=headers) as answer:
        return timed(split(answer.iter_raw()), started)


def ask_runtime(runtime: Any, endpoint: str) -> Stream:
    started = time.perf_counter()
    answer = runtime.invoke_endpoint_with_response_stream(
        EndpointName=endpoint, ContentType="application/json", Body=json.dumps(QUESTION)
    )
    return timed(split(part["PayloadPart"]["Bytes"] for part in answer["Body"]), started)


def ask_api(client: httpx2.Client, outputs: StageOutputs) -> Stream:
    started = time.perf_counter()
    headers = {"Authorization": f"Bearer {outputs.api_key.get_secret_value()}"}
    url = f"{outputs.openai_base_url}/chat/completions"
    with client.stream("POST", url, json=QUESTION, headers=headers) as answer:
        return timed(split(answer.iter_raw()), started)


def engine_port_and_key(cloud: LocalCloud) -> tuple[int, str]:
    server = cloud.process()
    assert server is not None
    for child in server.children(recursive=True):
        if any("localcloud.engines" in part for part in child.cmdline()):
            for connection in child.net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN:
                    return int(connection.laddr.port), child.environ()[VARIABLE]
    raise LookupError("no engine process listens")


def measure(cloud: LocalCloud, outputs: StageOutputs, rounds: int) -> dict[str, list[Stream]]:
    port, key = engine_port_and_key(cloud)
    runtime = cloud.session.client("sagemaker-runtime", endpoint_url=cloud.settings.origin)
    found: dict[str, list[Stream]] = {"engine": [], "runtime": [], "api": []}
    with httpx2.Client(timeout=60) as client:
        for number in range(rounds + 3):
            streams = {
                "engine": ask_engine(client, port, key),
                "runtime": ask_runtime(runtime, outputs.endpoint_name),
                "api": ask_api(client, outputs),
            }
            if number >= 3:  # the first ones warm connections and caches
                for name, stream in streams.items():
                    found[name].append(stream)
    return found


def milliseconds(values: list[float]) -> str:
    return spread([value * 1000 for value in values], "ms", 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--slow", action="store_true", help="a model at the speed of a real one")
    arguments = parser.parse_args()
    rounds = arguments.rounds
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryDirectory() as checkout:
        cloud = LocalCloud(Settings(port=free_port(), data_dir=Path(directory)))
        project = checkout_with_slow_model(Path(checkout)) if arguments.slow else PROJECT
        try:
            cloud.start(stop_with_us=True)
            outputs = LocalDeployment(cloud, project).deploy()
            connect(outputs).models.list()
            found = measure(cloud, outputs, rounds)
        finally:
            cloud.stop()
    rows = []
    for name, what in (
        ("engine", "the engine's own port"),
        ("runtime", "SageMaker Runtime (boto3)"),
        ("api", "the deployed API (HTTP)"),
    ):
        streams = found[name]
        rows.append((f"{what}: TTFT", milliseconds([stream.ttft for stream in streams])))
        rows.append((f"{what}: a token", milliseconds([stream.per_token for stream in streams])))
        rows.append((f"{what}: lag of a token", milliseconds([item.lag for item in streams])))
    pairs = zip(found["api"], found["engine"], strict=True)
    rows.append(("added TTFT, whole path", milliseconds([a.ttft - b.ttft for a, b in pairs])))
    speed = "a slow model" if arguments.slow else "the demo model"
    print_table(
        f"Added latency, {speed} ({rounds} rounds of {QUESTION['max_tokens']} tokens)", rows
    )


if __name__ == "__main__":
    main()
