"""Times of the stage `local` when everything is installed: synth, up, deploying again, destroy."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from table import print_table, spread

from localcloud.ports import free_port
from localcloud.settings import Settings
from twin.cdk import cdk_command
from twin.environment import PROJECT, inherited
from twin.local.cloud import LocalCloud
from twin.local.deployment import LocalDeployment
from twin.subprocesses import running


def seconds(action: Callable[[], object]) -> float:
    started = time.monotonic()
    action()
    return time.monotonic() - started


def synth(directory: Path, stage: str, validation: str) -> None:
    with running(
        cdk_command("synth", "--quiet", "-c", f"stage={stage}", "-o", str(directory / "out")),
        name="cdk synth",
        environment=inherited(CDK_VALIDATION=validation, CI="1"),
        directory=PROJECT,
        log=directory / "synth.log",
    ) as program:
        program.wait(lambda _: None)


def round_trip() -> dict[str, float]:
    """One time for each step."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        times = {
            f"cdk synth -c stage={stage}, CDK's validator {word}": seconds(
                partial(synth, directory, stage, flag)
            )
            for stage in ("local", "prod")
            for word, flag in (("off", "false"), ("on", "true"))
        }
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
