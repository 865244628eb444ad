"""Versions that change under load, from approval to first answer; and one of nonsense, undone.

The example stage `lifecycle` in a local cloud of its own, as docs/model-lifecycle.md has it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from asking import QUESTION, Asked, asked_at
from versions import longer, nonsense

sys.path.append(str(Path(__file__).parent.parent))

from table import machine

from lambda_api.rollouts.schemas import Rollout
from localcloud.ports import free_port
from localcloud.settings import Settings
from model_artifacts.publishing.upload import push
from twin.client.conversation import connect
from twin.environment import PROJECT
from twin.lifecycle.registering import register
from twin.lifecycle.rollouts import Rollouts
from twin.lifecycle.stage import ModelStage
from twin.local.cloud import LocalCloud
from twin.local.deployment import LocalDeployment

STAGE, MODEL = "local", "twin-demo"


class Releases:
    """Versions approved one after the other, and followed to the end."""

    def __init__(self, stage: ModelStage) -> None:
        self._stage, self._rollouts = stage, Rollouts(stage)

    def release(self, directory: Path) -> tuple[dict[str, float], Rollout]:
        """Approve a version; return the seconds from the approval to each step, and the end."""
        push(directory, self._stage.bucket)
        version, _ = register(self._stage, directory, None)
        approved = time.time()
        self._stage.versions.decide(version, "Approved", reason="a benchmark", by="benchmark")
        while (execution := self._rollouts.running()) is None:
            time.sleep(0.05)
        told = {}
        ended = self._rollouts.follow(execution, lambda text: told.update({text: time.time()}))
        steps = {text: at - approved for text, at in told.items()}
        steps["end"] = (ended.ended_at or 0) - approved
        steps["approved"] = approved
        return steps, ended


def changes(
    releases: Releases, asked: Asked, count: int, directory: Path
) -> list[dict[str, float]]:
    """Release so many versions; return the seconds of each."""
    found = []
    while not asked.first:  # by the version before
        time.sleep(0.05)
    for number in range(1, count + 1):
        seen = {*asked.first}
        steps, ended = releases.release(longer(directory / str(number), words=number))
        assert ended.outcome == "Kept", ended
        while not (new := {*asked.first} - seen):
            time.sleep(0.05)
        steps["first answer"] = asked.first[new.pop()] - steps.pop("approved")
        found.append(steps)
        print(number, steps, dict(asked.ends), flush=True)
    return found


def show(found: list[dict[str, float]], asked: Asked, undone: Rollout) -> None:
    print(f"\n{len(found)} version changes\n{machine()}\n")
    print("| from approval to | seconds, median (range) |\n|---|--:|")
    for name in dict.fromkeys(name for steps in found for name in steps):
        values = [steps[name] for steps in found if name in steps]
        print(f"| {name} | {median(values):.1f} ({min(values):.1f}-{max(values):.1f}) |")
    print(f"\n| answers, {asked.rate:.1f} a second | |\n|---|--:|")
    for end, times in asked.ends.most_common():
        print(f"| {end} | {times} |")
    seconds = (undone.ended_at or 0) - undone.begun_at
    print(f"\nNonsense: {undone.outcome} after {seconds:.1f} s: {undone.problem}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=10)
    parser.add_argument("--rate", type=float, default=20, help="requests a second")
    parser.add_argument("--factor", type=float, default=1, help="the clock's")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        settings = Settings(
            port=free_port(), data_dir=directory / "cloud", clock_factor=given.factor
        )
        cloud = LocalCloud(settings)
        try:
            cloud.start(stop_with_us=True)
            deployment = LocalDeployment(cloud, PROJECT, STAGE)
            outputs = deployment.deploy()
            stage = ModelStage(deployment.config, cloud.session, settings.origin)
            releases = Releases(stage)
            with connect(outputs) as client:
                # The start of the function that answers is not what is measured.
                client.chat.completions.create(model=MODEL, messages=QUESTION, max_tokens=1)
                with asked_at(given.rate, client, MODEL) as asked:
                    found = changes(releases, asked, given.changes, directory)
                    _, undone = releases.release(nonsense(directory / "nonsense"))
            show(found, asked, undone)
        finally:
            cloud.stop()


if __name__ == "__main__":
    main()
