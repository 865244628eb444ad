"""Measure the stage `tiny` in the local cloud: first tokens, cold and warm, and callers at once.

Every request has an environment of its own, as on AWS. A cold start is the first request after the
environments were killed; its steps are those of the engine's line in the function's log. Then two
requests of 6 MB are sent, and as many callers as the stage allows ask at once.

    .venv/bin/python benchmarks/monolith/callers.py [--callers 20] [--rounds 20]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx2

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from table import machine, peak_mb, spread  # noqa: E402

from localcloud.ports import free_port  # noqa: E402
from localcloud.settings import Settings  # noqa: E402
from tests.support.local_stage import copy_checkout  # noqa: E402
from tests.support.localcloud.environments import environments, kill  # noqa: E402
from twin.client.conversation import connect  # noqa: E402
from twin.local.cloud import LocalCloud  # noqa: E402
from twin.local.deployment import LocalDeployment  # noqa: E402

STAGE = "tiny"
COLD = 3
LARGE = (6_000_000, 6_291_457)
"""Sizes of bodies: the engine's to refuse, as its prompt is too long, and the service's."""
ASKED = {
    "model": "twin-tiny",
    "messages": [{"role": "user", "content": "What is an endpoint config?"}],
    "max_tokens": 16,
    "stream": True,
}


def first_token(http: httpx2.Client) -> float:
    """Seconds to the first token, whose stream is read to its end."""
    began, first = time.perf_counter(), 0.0
    with http.stream("POST", "chat/completions", json=ASKED) as answer:
        answer.raise_for_status()
        for line in answer.iter_lines():
            if not first and '"content"' in line:
                first = time.perf_counter() - began
    return first


def cold(cloud: LocalCloud, http: httpx2.Client) -> float:
    kill(environments(cloud, STAGE))
    time.sleep(0.5)  # the local cloud has noticed
    return first_token(http)


def steps(cloud: LocalCloud) -> str:
    """The engine's last line in the function's log."""
    logs = cloud.session.client("logs", endpoint_url=cloud.settings.origin)
    lines = [
        event["message"]
        for group in logs.describe_log_groups()["logGroups"]
        for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        if "engine started" in event["message"]
    ]
    told = json.loads(lines[-1])
    return ", ".join(f"{name} {told[name]}" for name in told if name.endswith("_seconds"))


def large(http: httpx2.Client, size: int) -> tuple[str, float]:
    """Status and code of a request whose prompt fills a body of some bytes, and its seconds."""
    body = {**ASKED, "stream": False}
    room = size - len(json.dumps({**body, "messages": [{"role": "user", "content": ""}]}))
    body["messages"] = [{"role": "user", "content": ("word " * (room // 5 + 1))[:room]}]
    began = time.perf_counter()
    response = http.post("chat/completions", json=body)
    return f"{response.status_code} {response.json()['error']['code']}", time.perf_counter() - began


def at_once(http: httpx2.Client, callers: int) -> tuple[Counter[int], float]:
    """Statuses of callers who ask at the same moment, and seconds to the last answer."""
    barrier = Barrier(callers)

    def ask(_: int) -> int:
        barrier.wait()
        response = http.post("chat/completions", json=ASKED)
        whole = response.text.rstrip().endswith("data: [DONE]")
        assert whole or response.status_code != 200
        return response.status_code

    began = time.perf_counter()
    with ThreadPoolExecutor(callers) as pool:
        statuses = Counter(pool.map(ask, range(callers)))
    return statuses, time.perf_counter() - began


def latencies(cloud: LocalCloud, http: httpx2.Client, rounds: int) -> list[tuple[str, str]]:
    """First tokens: the first of all, cold ones with the steps of the last, and warm ones."""
    first = first_token(http)
    starts = [cold(cloud, http) for _ in range(COLD)]
    told = steps(cloud)
    warm = [1000 * first_token(http) for _ in range(rounds)]
    return [
        ("first token after the deployment", f"{first:.2f} s"),
        ("first token, cold", spread(starts, "s", 2)),
        ("of the last one, in the log", told),
        ("first token, warm", spread(warm, "ms")),
    ]


def large_bodies(cloud: LocalCloud, http: httpx2.Client) -> list[tuple[str, str]]:
    """Answers to bodies of 6 MB, and the peak memory of the process that gives them."""
    (serving,) = environments(cloud, STAGE)
    usual = peak_mb(serving)
    rows = []
    for size in LARGE:
        said, took = large(http, size)
        rows.append((f"a body of {size:,} bytes", f"{said} in {took:.1f} s"))
    assert environments(cloud, STAGE) == [serving], "it has ended"
    return [*rows, ("peak memory before, and with them", f"{usual:.0f}, {peak_mb(serving):.0f} MB")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as data, tempfile.TemporaryDirectory() as checkout:
        project = copy_checkout(Path(checkout))
        config = project / "config" / "tiny.toml"
        text = config.read_text().replace(
            "# max_concurrency = 20", f"max_concurrency = {asked.callers}"
        )
        config.write_text(text.replace("throttle_burst = 20", "throttle_burst = 200"))
        settings = Settings(port=free_port(), data_dir=Path(data), one_request_per_environment=True)
        cloud = LocalCloud(settings)
        try:
            cloud.start(stop_with_us=True)
            outputs = LocalDeployment(cloud, project, STAGE).deploy()
            client = connect(outputs)
            headers = {"authorization": f"Bearer {client.api_key}"}
            limits = httpx2.Limits(max_connections=asked.callers)
            with httpx2.Client(
                base_url=client.base_url, headers=headers, timeout=300, limits=limits
            ) as http:
                rows = [*latencies(cloud, http, asked.rounds), *large_bodies(cloud, http)]
                statuses, seconds = at_once(http, asked.callers)
                memory = [process.memory_full_info().pss for process in environments(cloud, STAGE)]
        finally:
            cloud.stop()
    print(f"\n{machine()}, load {os.getloadavg()[0]:.0f}\n")
    for name, value in (
        *rows,
        (f"{asked.callers} callers at once", f"{dict(statuses)} in {seconds:.1f} s"),
        ("their environments", f"{len(memory)}, {sum(memory) / 2**20:.0f} MB"),
    ):
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
