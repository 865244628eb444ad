"""What the path adds: the engine's own port, SageMaker's runtime, and the API, asked in turns.

Starts a local stage of its own. Each round asks the same question once at each depth, so that drift
of the machine falls on all alike. The lag of a token is how much later it comes after the first one
than the same token does at the engine's own port.
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
from table import print_table, spread

from localcloud.settings import Settings
from twin.conversation import connect
from twin.demo import free_port
from twin.deployment import LocalDeployment
from twin.local_cloud import LocalCloud
from twin.outputs import StageOutputs

QUESTION: dict[str, Any] = {
    "model": "twin-demo",
    "messages": [{"role": "user", "content": "What is an endpoint config?"}],
    "stream": True,
    "temperature": 0,
    "max_tokens": 64,
    "ignore_eos": True,
}


@dataclass(frozen=True)
class Stream:
    """Arrivals of one answer's tokens, seconds since the request was sent."""

    arrivals: list[float]

    @property
    def ttft(self) -> float:
        return self.arrivals[0]

    @property
    def per_token(self) -> float:
        return (self.arrivals[-1] - self.arrivals[0]) / (len(self.arrivals) - 1)


def has_text(line: bytes) -> bool:
    if not line.startswith(b"data: {"):
        return False
    choices = json.loads(line[6:])["choices"]
    return bool(choices and choices[0]["delta"].get("content"))


def timed(lines: Iterator[bytes], started: float) -> Stream:
    """Note when each line with text arrives."""
    return Stream([time.perf_counter() - started for line in lines if has_text(line)])


def split(chunks: Iterator[bytes]) -> Iterator[bytes]:
    buffer = b""
    for chunk in chunks:
        *lines, buffer = (buffer + chunk).split(b"\n")
        yield from lines


def ask_engine(client: httpx2.Client, port: int) -> Stream:
    started = time.perf_counter()
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    with client.stream("POST", url, json=QUESTION) as answer:
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


def engine_port(cloud: LocalCloud) -> int:
    server = cloud.process()
    assert server is not None
    for child in server.children(recursive=True):
        if any("localcloud.engines" in part for part in child.cmdline()):
            for connection in child.net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN:
                    return int(connection.laddr.port)
    raise LookupError("no engine process listens")


def measure(cloud: LocalCloud, outputs: StageOutputs, rounds: int) -> dict[str, list[Stream]]:
    port = engine_port(cloud)
    runtime = cloud.session.client("sagemaker-runtime", endpoint_url=cloud.settings.origin)
    found: dict[str, list[Stream]] = {"engine": [], "runtime": [], "api": []}
    with httpx2.Client(timeout=60) as client:
        for number in range(rounds + 3):
            streams = {
                "engine": ask_engine(client, port),
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
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as directory:
        cloud = LocalCloud(Settings(port=free_port(), data_dir=Path(directory)))
        try:
            cloud.start(stop_with_us=True)
            outputs = LocalDeployment(cloud).deploy()
            connect(outputs).models.list()
            found = measure(cloud, outputs, rounds)
        finally:
            cloud.stop()
    base = found["engine"]
    rows = []
    for name, what in (
        ("engine", "the engine's own port"),
        ("runtime", "SageMaker Runtime (boto3)"),
        ("api", "the deployed API (HTTP)"),
    ):
        rows.append((f"{what}: TTFT", milliseconds([stream.ttft for stream in found[name]])))
        rows.append((f"{what}: a token", milliseconds([item.per_token for item in found[name]])))
    api = found["api"]
    pairs = list(zip(api, base, strict=True))
    rows.append(("added TTFT, whole path", milliseconds([a.ttft - b.ttft for a, b in pairs])))
    lags = [
        (arrival - a.ttft) - (reference - b.ttft)
        for a, b in pairs
        for arrival, reference in zip(a.arrivals, b.arrivals, strict=False)
    ]
    median = statistics.median(lags) * 1000
    rows.append(("lag of a token behind the engine's own port, median", f"{median:.2f} ms"))
    print_table(f"Added latency ({rounds} rounds of {QUESTION['max_tokens']} tokens)", rows)


if __name__ == "__main__":
    main()
