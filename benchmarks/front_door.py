"""Measure the streaming function at Lambda's memory sizes: CPU shares and memory limits.

A size has memory / 1769 of a core, as Lambda gives it: the package as it is shipped runs in a
control group (v1 or v2) with that quota in periods of 20 ms, before a stand-in SageMaker Runtime
that sends 30 or 100 tokens a second, each with the time of its writing. Init has a whole core, as
AWS says that it has on Lambda; the first row shows a start that has only its share. The size is the
process's limit of memory too, and the last of its requests are bodies of 6 MB. Where a control
group cannot be made the script says so: then it measures the whole core alone, or peaks that
nothing limits.

    .venv/bin/python benchmarks/front_door.py [--sizes 256 512] [--streams 8]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from table import LOOP, loop_ms, machine, peak_mb, quantile

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks" / "service")]

from beside_relay import CHAT, environment, server  # noqa: E402
from control_group import FULL_VCPU_MB, Group, cpu, memory  # noqa: E402

from localcloud.ports import free_port  # noqa: E402
from localcloud.web_adapter.package import unpack  # noqa: E402
from planner.billing.front_door import Passage, front_door  # noqa: E402
from stacks.constructs.function.package import build_bundle  # noqa: E402
from tests.support.service.standin_runtime import StandInRuntime, Stream, running  # noqa: E402

TOKENS, TOKENS_A_SECOND, HELD_SECONDS = 300, 30, 0.3
"""An answer that is paid for: its tokens, their speed, and the wait for the first one."""
FAST_TOKENS_A_SECOND = 100
ENVIRONMENTS = 5
"""Starts and first requests of which the median is told."""
ONE = {"max_tokens": 1}
LARGE = [{"role": "user", "content": "x" * 6_000_000}]
"""Messages of a body that is as large as Lambda takes."""


class Door:
    """The function's package, and the groups that its process runs in."""

    def __init__(self, package: Path, standin: StandInRuntime) -> None:
        self.package, self.standin = package, standin
        self.cpu, self.memory = Group("cpu", cpu(None)), Group("memory", memory(None))

    def join(self) -> None:
        """Move the calling process into the groups."""
        self.cpu.join()
        self.memory.join()

    def remove(self) -> None:
        """Delete the groups."""
        self.cpu.remove()
        self.memory.remove()

    @contextmanager
    def started(self) -> Iterator[tuple[int, psutil.Process]]:
        """Run the package as run.sh does; yield port and process once it is healthy."""
        port = free_port()
        variables = environment(self.standin.port) | {"PYTHONPATH": str(self.package)}
        command = [sys.executable, "-m", "uvicorn", "--factory", "lambda_api.main:create_app"]
        command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
        command += ["--no-access-log", "--no-server-header"]
        with server(command, port, variables, cwd=self.package, before=self.join) as process:
            ask(port, None)
            yield port, process

    def streams(self, port: int, count: int, speed: float) -> tuple[list[float], list[float]]:
        """Return the milliseconds to the first tokens of streams, and those tokens were late."""
        self.standin.answer = tokens(1 / speed)
        runs = [asked(port, max_tokens=64) for _ in range(count)]
        return [first for first, _ in runs], [lag for _, lags in runs for lag in lags]


def ask(port: int, body: dict[str, Any] | None) -> list[tuple[float, float]]:
    """Send a request; give for each token the times of its writing and of its arrival."""
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    if body is None:
        connection.request("GET", "/health")
        connection.getresponse().read()
        return []
    headers = {"content-type": "application/json"}
    connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"answered {answer.status}: {answer.read()!r}")
    times = []
    while line := answer.readline():
        now = time.monotonic()
        if line.startswith(b"data: {") and b'"written"' in line:
            times.append((json.loads(line[6:])["written"], now))
    connection.close()
    return times


def tokens(gap_seconds: float) -> Any:
    """Return the stand-in's answer: as many chunks as the request asks for."""

    def answer(received: Any) -> Stream:
        def steps() -> Iterator[bytes | float]:
            for number in range(received.json["max_tokens"]):
                if number:
                    yield gap_seconds
                delta = {"index": 0, "delta": {"content": "token "}, "finish_reason": None}
                chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
                chunk |= {"choices": [delta], "written": time.monotonic()}
                yield b"data: " + json.dumps(chunk).encode() + b"\n\n"
            yield b"data: [DONE]\n\n"

        return Stream(steps())

    return answer


def asked(port: int, **more: Any) -> tuple[float, list[float]]:
    """Return the milliseconds to the first token, and those each token was late."""
    started = time.monotonic()
    times = ask(port, {**CHAT, "stream": True, **more})
    return (times[0][1] - started) * 1e3, [(came - written) * 1e3 for written, came in times]


def measure(door: Door, size: int, streams: int) -> list[str]:
    """Return a size's cells of the table."""
    started = time.monotonic()
    door.cpu.limit(cpu(size))
    door.memory.limit(memory(size))
    with door.started():
        share = time.monotonic() - started
    starts, extras, loops = [], [], []
    for number in range(ENVIRONMENTS):
        door.cpu.limit(cpu(None))
        started = time.monotonic()
        with door.started() as (port, process):
            starts.append(time.monotonic() - started)
            loops.append(loop_ms())
            door.cpu.limit(cpu(size))
            idle = process.memory_info().rss / 2**20
            first = asked(port, **ONE)[0]
            extras.append(first - statistics.median(asked(port, **ONE)[0] for _ in range(20)))
            if number < ENVIRONMENTS - 1:
                continue
            firsts, lags = door.streams(port, streams, TOKENS_A_SECOND)
            fast_firsts, fast_lags = door.streams(port, streams, FAST_TOKENS_A_SECOND)
            streaming = process.memory_info().rss / 2**20
            peak = peak_of_large_bodies(port, process)
    return [
        f"{share:.2f}",
        f"{statistics.median(starts):.2f}",
        f"{statistics.median(extras):.0f}",
        f"{quantile(firsts, 0.5):.1f} / {quantile(firsts, 0.95):.1f}",
        f"{quantile(lags, 0.5):.1f} / {quantile(lags, 0.99):.1f}",
        f"{quantile(fast_firsts, 0.5):.1f} / {quantile(fast_lags, 0.99):.1f}",
        f"{idle:.0f} / {streaming:.0f}",
        peak,
        f"{usd_per_million(size):.2f}",
        f"{statistics.median(loops):.0f}",
    ]


def peak_of_large_bodies(port: int, process: psutil.Process) -> str:
    """Return the most memory that was resident after five bodies of 6 MB, in MB."""
    try:
        for _ in range(5):
            ask(port, {**CHAT, "messages": LARGE, "stream": True, **ONE})
    except ConnectionError:
        return "killed"
    return f"{peak_mb(process):.0f}"


def usd_per_million(memory_mb: int) -> float:
    """Return what a million tokens keep the function busy for."""
    million = Passage(
        requests=1e6 / TOKENS,
        tokens=1e6,
        tokens_per_second=TOKENS_A_SECOND,
        memory_mb=memory_mb,
        held_seconds=HELD_SECONDS,
    )
    return front_door(million)[0].usd


ROWS = (
    "start if init had only its share, s",
    "start with a whole core, s",
    "first request of an environment, extra ms",
    "added time to the first token, p50 / p95, ms",
    "lag of a token, p50 / p99, ms",
    "at 100 tokens/s: added time to the first token, p50 / lag of a token, p99, ms",
    "resident, idle / streaming, MB",
    "peak with bodies of 6 MB, the size being the limit, MB",
    "USD per million tokens at 30 tokens/s",
    f"{LOOP} in Python meanwhile, ms",
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024, FULL_VCPU_MB])
    parser.add_argument("--streams", type=int, default=8, help="streams of 64 tokens a size")
    options = parser.parse_args()
    bundle = build_bundle(ROOT, platform="host").read_bytes()
    with ExitStack() as stack:
        package = unpack(bundle, Path(stack.enter_context(TemporaryDirectory())))
        standin = stack.enter_context(running(StandInRuntime(tokens(1 / TOKENS_A_SECOND))))
        door = Door(package, standin)
        stack.callback(door.remove)
        sizes = options.sizes if door.cpu.path else [FULL_VCPU_MB]
        columns = [measure(door, size, options.streams) for size in sizes]
    print(f"{machine()}, load {os.getloadavg()[0]:.0f}\n")
    print(f"| | {' | '.join(f'{size} MB' for size in sizes)} |")
    print("|---|" + "--:|" * len(sizes))
    for number, name in enumerate(ROWS):
        print(f"| {name} | {' | '.join(column[number] for column in columns)} |")


if __name__ == "__main__":
    main()
