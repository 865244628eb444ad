"""The Lambda package: unzipped size, and a fresh process from start to ready.

The functions' processes run as in Lambda: only the package on the path, byte code as shipped.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx2
from table import print_table, spread

from localcloud.interpreter import bare_interpreter
from localcloud.ports import free_port
from localcloud.web_adapter.package import unpack
from stacks.constructs.function.package import Platform, build_bundle
from twin.environment import PROJECT

PLATFORMS: tuple[Platform, ...] = ("aws", "host")
ENVIRONMENT = {
    "TWIN_STAGE": "local",
    "TWIN_ENDPOINT_NAME": "twin-local",
    "TWIN_MODEL_ID": "twin-demo",
    "TWIN_ENGINE": "llama-cpp",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "PYTHONDONTWRITEBYTECODE": "1",
}


def megabytes(directory: Path) -> float:
    return sum(file.stat().st_size for file in directory.rglob("*") if file.is_file()) / 1e6


def import_seconds(python: Path, package: Path, module: str) -> float:
    """Start an interpreter and import a module, as Lambda's runtime does."""
    started = time.perf_counter()
    subprocess.run([python, "-c", f"import {module}"], cwd=package, env=ENVIRONMENT, check=True)
    return time.perf_counter() - started


def server_seconds(python: Path, package: Path) -> float:
    """Start the streaming function as the Web Adapter does, until /health answers."""
    port = free_port()
    path = f"{python.parent}:/usr/bin:/bin"
    environment = {**ENVIRONMENT, "AWS_LWA_PORT": str(port), "PATH": path}
    started = time.perf_counter()
    process = subprocess.Popen(
        [package / "run.sh"], cwd=package, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        with httpx2.Client() as client:
            while True:
                try:
                    client.get(f"http://127.0.0.1:{port}/health").raise_for_status()
                except httpx2.ConnectError:
                    if process.poll() is not None:
                        raise RuntimeError(f"run.sh ended with {process.returncode}") from None
                    time.sleep(0.005)
                    continue
                return time.perf_counter() - started
    finally:
        process.terminate()
        process.wait()


def repeated(action: Callable[[], float], runs: int) -> str:
    action()  # warms the page cache
    return spread([action() * 1000 for _ in range(runs)], "ms", 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        aws, host = (
            unpack(build_bundle(PROJECT, platform=platform).read_bytes(), scratch / "packages")
            for platform in PLATFORMS
        )
        times = _times(bare_interpreter(scratch), host, runs)
        rows = [
            ("unzipped, AWS (arm64, Python 3.13)", f"{megabytes(aws):.1f} MB"),
            ("unzipped, this machine", f"{megabytes(host):.1f} MB"),
            *times,
        ]
    print_table(f"The Lambda package ({runs} runs)", rows)


def _times(python: Path, package: Path, runs: int) -> list[tuple[str, str]]:
    served = repeated(partial(server_seconds, python, package), runs)
    modules = {
        "control function: start and import": "lambda_api.handlers.control",
        "authorizer function: start and import": "lambda_api.handlers.authorizer",
        "an empty interpreter, for comparison": "sys",
    }
    imported = [
        (name, repeated(partial(import_seconds, python, package, module), runs))
        for name, module in modules.items()
    ]
    return [("streaming function: start to /health", served), *imported]


if __name__ == "__main__":
    main()
