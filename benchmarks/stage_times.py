"""Times of the stage `local` when everything is installed: up, deploying again, destroy."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from table import print_table, spread

from localcloud.ports import free_port
from localcloud.settings import Settings
from twin.local.cloud import LocalCloud
from twin.local.deployment import LocalDeployment


def seconds(action: Callable[[], object]) -> float:
    started = time.monotonic()
    action()
    return time.monotonic() - started


def round_trip() -> dict[str, float]:
    """One time for each step."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        times: dict[str, float] = {}
        cloud = LocalCloud(Settings(port=free_port(), data_dir=directory / "cloud"))
        deployment = LocalDeployment(cloud)
        started = time.monotonic()
        try:
            times["start the local cloud"] = seconds(lambda: cloud.start(stop_with_us=True))
            deployment.deploy()
            times["make up: start, synth, bootstrap, deploy, InService"] = (
                time.monotonic() - started
            )
            times["make up again, no change"] = seconds(deployment.deploy)
            times["cdk destroy"] = seconds(deployment.destroy)
        finally:
            times["make down"] = seconds(cloud.stop)
        return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = [round_trip() for _ in range(parser.parse_args().runs)]
    print_table(
        f"The stage local ({len(runs)} runs)",
        [(name, spread([run[name] for run in runs], "s")) for name in runs[0]],
    )


if __name__ == "__main__":
    main()
