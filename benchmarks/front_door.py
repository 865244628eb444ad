"""Measure the streaming function at Lambda's memory sizes, whose CPU shares are CFS quotas here.

A size has memory / 1769 of a core, as Lambda gives it: the package as it is shipped runs in a
control group (v1 or v2) with that quota in periods of 20 ms, before a stand-in SageMaker Runtime
that sends 30 tokens a second, each with the time of its writing. Init has a whole core, as AWS says
that it has on Lambda; the first row shows a start that has only its share. Where no control group
can be made the script says so, and measures the whole core alone.

    .venv/bin/python benchmarks/front_door.py [--sizes 256 512] [--streams 8] [--large]
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
from table import machine, quantile

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks" / "service")]

from beside_relay import CHAT, environment, server  # noqa: E402

from localcloud.ports import free_port  # noqa: E402
from localcloud.web_adapter.package import unpack  # noqa: E402
from planner.billing.front_door import Passage, front_door  # noqa: E402
from stacks.constructs.function.package import build_bundle  # noqa: E402
from tests.support.service.standin_runtime import StandInRuntime, Stream, running  # noqa: E402

FULL_VCPU_MB = 1769
"""docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html."""
PERIOD_US = 20_000
TOKENS, TOKENS_A_SECOND, HELD_SECONDS = 300, 30, 0.3
"""An answer that is paid for: its tokens, their speed, and the wait for the first one."""
ONE = {"max_tokens": 1}


class Group:
    """A control group with a CPU quota; without the right to make one, no group."""

    def __init__(self) -> None:
        name = f"front-door-{os.getpid()}"
        v1, v2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")
        self.path: Path | None = (v1 if v1.is_dir() else v2) / name
        try:
            self.path.mkdir()
            self.limit(None)
        except OSError as error:
            print(f"no control group, so no CPU shares: {error}", file=sys.stderr)
            self.path = None

    def limit(self, memory_mb: int | None) -> None:
        """Give the group the CPU share of a memory size; None gives all there is."""
        if self.path is None:
            return
        quota = memory_mb and PERIOD_US * memory_mb // FULL_VCPU_MB
        if (self.path / "cpu.max").exists():
            (self.path / "cpu.max").write_text(f"{quota or 'max'} {PERIOD_US}")
        else:
            (self.path / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (self.path / "cpu.cfs_quota_us").write_text(str(quota or -1))

    def join(self) -> None:
        """Move the calling process into the group."""
        if self.path is not None:
            (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self) -> None:
        """Delete the group, which must be empty."""
        if self.path is not None:
            self.path.rmdir()


@contextmanager
def function(group: Group, package: Path, standin: str) -> Iterator[tuple[int, psutil.Process]]:
    """Run the function's package as run.sh does; yield port and process once it is healthy."""
    port = free_port()
    variables = environment(0) | {
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": standin,
        "PYTHONPATH": str(package),
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "lambda_api.main:create_app"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
    command += ["--no-access-log", "--no-server-header"]
    with server(command, port, variables, cwd=package, before=group.join) as process:
        ask(port, None)
        yield port, process


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


def measure(
    group: Group, package: Path, standin: str, size: int, streams: int, large: bool
) -> list[str]:
    """Return a size's cells of the table."""
    started = time.monotonic()
    group.limit(size)
    with function(group, package, standin):
        share = time.monotonic() - started
    group.limit(None)
    started = time.monotonic()
    with function(group, package, standin) as (port, process):
        full = time.monotonic() - started
        group.limit(size)
        idle = process.memory_info().rss / 1e6
        first = asked(port, **ONE)[0]
        usual = statistics.median(asked(port, **ONE)[0] for _ in range(20))
        runs = [asked(port, max_tokens=64) for _ in range(streams)]
        streaming = process.memory_info().rss / 1e6
        prompts = streaming
        if large:
            messages = [{"role": "user", "content": "x" * 6_000_000}]
            for _ in range(5):
                ask(port, {**CHAT, "messages": messages, "stream": True, **ONE})
            prompts = process.memory_info().rss / 1e6
    firsts, lags = [run[0] for run in runs], [lag for run in runs for lag in run[1]]
    million = Passage(
        requests=1e6 / TOKENS,
        tokens=1e6,
        tokens_per_second=TOKENS_A_SECOND,
        memory_mb=size,
        held_seconds=HELD_SECONDS,
    )
    cost = front_door(million)[0].usd
    return [
        f"{share:.2f}",
        f"{full:.2f}",
        f"{first - usual:.0f}",
        f"{quantile(firsts, 0.5):.1f} / {quantile(firsts, 0.95):.1f}",
        f"{quantile(lags, 0.5):.1f} / {quantile(lags, 0.99):.1f}",
        f"{idle:.0f} / {streaming:.0f} / {prompts:.0f}",
        f"{cost:.2f}",
    ]


ROWS = (
    "start if init had only its share, s",
    "start with a whole core, s",
    "first request of an environment, extra ms",
    "added time to the first token, p50 / p95, ms",
    "lag of a token, p50 / p99, ms",
    "resident, idle / streaming / prompts of 6 MB, MB",
    "USD per million tokens at 30 tokens/s",
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024, FULL_VCPU_MB])
    parser.add_argument("--streams", type=int, default=8, help="streams of 64 tokens a size")
    parser.add_argument("--gap-ms", type=float, default=1000 / 30, help="pause between tokens")
    parser.add_argument("--large", action="store_true", help="send prompts of 6 MB too")
    options = parser.parse_args()
    bundle = build_bundle(ROOT, platform="host").read_bytes()
    with ExitStack() as stack:
        package = unpack(bundle, Path(stack.enter_context(TemporaryDirectory())))
        group = Group()
        stack.callback(group.remove)
        standin = stack.enter_context(running(StandInRuntime(tokens(options.gap_ms / 1e3))))
        sizes = options.sizes if group.path else [FULL_VCPU_MB]
        columns = [
            measure(group, package, standin.url, size, options.streams, options.large)
            for size in sizes
        ]
    print(f"{machine()}\n\n| | {' | '.join(f'{size} MB' for size in sizes)} |")
    print("|---|" + "--:|" * len(sizes))
    for number, name in enumerate(ROWS):
        print(f"| {name} | {' | '.join(column[number] for column in columns)} |")


if __name__ == "__main__":
    main()
