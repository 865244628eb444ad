"""The Lambda package: unzipped size, and a fresh process from start to ready.

The functions' processes run as in Lambda: only the package on the path, byte code as shipped.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
from table import print_table, spread

from localcloud.ports import free_port
from stacks.constructs.function.package import build_bundle
from twin.environment import PROJECT

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


def python() -> str:
    """This interpreter without the project's packages."""
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}")


def import_seconds(package: Path, module: str) -> float:
    """Start an interpreter and import a module, as Lambda's runtime does."""
    started = time.perf_counter()
    subprocess.run([python(), "-c", f"import {module}"], cwd=package, env=ENVIRONMENT, check=True)
    return time.perf_counter() - started


def server_seconds(package: Path) -> float:
    """Start the streaming function as the Web Adapter does, until /health answers."""
    port = free_port()
    path = f"{Path(python()).parent}:/usr/bin:/bin"
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
    host = build_bundle(PROJECT, platform="host")
    rows = [
        ("unzipped, AWS (arm64, Python 3.13)", f"{_aws():.1f} MB"),
        ("unzipped, this machine", f"{megabytes(host):.1f} MB"),
        ("streaming function: start to /health", repeated(lambda: server_seconds(host), runs)),
    ]
    for name, module in (
        ("control function: start and import", "lambda_api.handlers.control"),
        ("authorizer function: start and import", "lambda_api.handlers.authorizer"),
        ("an empty interpreter, for comparison", "sys"),
    ):
        rows.append((name, repeated(lambda module=module: import_seconds(host, module), runs)))
    print_table(f"The Lambda package ({runs} runs)", rows)


def _aws() -> float:
    return megabytes(build_bundle(PROJECT, platform="aws"))


if __name__ == "__main__":
    main()
