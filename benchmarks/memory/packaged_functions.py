"""Functions of a package, each called in a fresh process whose memory is limited and measured."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"
sys.path[:0] = [str(ROOT), str(BENCHMARKS), str(BENCHMARKS / "service")]

from control_group import Group, memory  # noqa: E402
from table import machine  # noqa: E402

from localcloud.ports import free_port  # noqa: E402
from localcloud.settings import Settings  # noqa: E402
from localcloud.web_adapter.package import unpack  # noqa: E402
from tests.support.aws_environment import aws_environment  # noqa: E402
from twin.local.cloud import LocalCloud  # noqa: E402

FUNCTION = """
import glob, importlib, json, sys, threading, time, types
sys.path.insert(0, ".")
def peak(process="self"):
    (line,) = (line for line in open(f"/proc/{process}/status") if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
beside = [0]
def watch():
    # Not ru_maxrss, which a child inherits from the process that forks it.
    while True:
        for children in glob.glob("/proc/self/task/*/children"):
            try:
                beside.extend(peak(child) for child in open(children).read().split())
            except (OSError, ValueError):
                pass  # it ended meanwhile
        beside[:] = [max(beside)]
        time.sleep(0.01)
handler = importlib.import_module(sys.argv[1]).handler
left = types.SimpleNamespace(
    aws_request_id="0", get_remaining_time_in_millis=lambda: 300_000
)
idle, answer = peak(), None
threading.Thread(target=watch, daemon=True).start()
for line in sys.stdin:
    answer = handler(json.loads(line), left)
    assert not isinstance(answer, dict) or "error" not in answer, answer
told = {"idle": idle, "peak": peak(), "beside": max(beside), "answer": answer}
print(json.dumps(told))
"""


@dataclass(frozen=True)
class PackagedFunctions:
    """Functions as they are packaged, with the stage's variables."""

    package: Path
    variables: dict[str, str]

    def call(self, module: str, size: int, *events: dict[str, Any]) -> tuple[str, Any]:
        """Have a fresh environment of a size handle events, one after the other.

        Returns:
            Its resident MB after the import and at most, with those of the largest process that
            it started; and the answer to the last event.
        """
        group = Group("memory", memory(size))
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-S", "-c", FUNCTION, module],
                cwd=self.package,
                env=self.variables,
                input="\n".join(map(json.dumps, events)),
                stdout=subprocess.PIPE,
                text=True,
                preexec_fn=group.join,
            )
        finally:
            group.remove()
        if done.returncode:
            return f"ended with {done.returncode}", None
        told = json.loads(done.stdout.splitlines()[-1])
        beside = f" + {told['beside']:.0f}" if told["beside"] else ""
        return f"{told['idle']:.0f} / {told['peak']:.0f}{beside}", told["answer"]


@contextmanager
def in_local_cloud(bundle: Path, variables: Mapping[str, str]) -> Iterator[PackagedFunctions]:
    """Yield the functions of a package over a local cloud, which is this process's AWS as well.

    Args:
        bundle: zip of the package.
        variables: the functions' own, beside those that name the cloud.
    """
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory()))
        cloud = LocalCloud(Settings(port=free_port(), data_dir=scratch / "cloud"))
        stack.callback(cloud.stop)
        cloud.start(stop_with_us=True)
        known = {
            "AWS_ENDPOINT_URL": cloud.settings.origin,
            "AWS_ACCESS_KEY_ID": cloud.settings.account,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": cloud.settings.region,
            **variables,
        }
        stack.enter_context(aws_environment(known))
        yield PackagedFunctions(unpack(bundle.read_bytes(), scratch), known)


def print_memory(rows: Iterable[tuple[str, int, str]]) -> None:
    """Print names, sizes and memory of functions as a table, each row as it is measured."""
    print(f"{machine()}\n\n| | size, MB | idle / peak, MB |\n|---|--:|--:|")
    for name, size, spent in rows:
        print(f"| {name} | {size} | {spent} |", flush=True)
