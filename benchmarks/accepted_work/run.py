"""Background responses and batches, and the events of their ends, while everything fails.

Deploys the stage `local` with a webhook to a cloud of its own, submits so many responses and
batches, kills a process of the functions or the engines every few seconds, has every step fail
once, takes S3 away for a while, and waits until nothing is owed any more. The receiver refuses
each event once.
What a client was given an id for has been accepted: each of those must end. The client tries again
under the same `Idempotency-Key`, so that a piece of work made twice would be seen.

The deployed copy does not wait as long as the checkout's: the table `HURRY` has each change.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from localcloud.ports import free_port
from localcloud.settings import Settings
from twin.client.conversation import connect, served_model
from twin.environment import PROJECT
from twin.local.deployment import LocalDeployment

sys.path[:0] = [str(PROJECT), str(PROJECT / "benchmarks")]
from faults import Faults, RefusingCloud, sabotage  # noqa: E402
from table import print_table  # noqa: E402
from work import Work  # noqa: E402

from tests.support.webhook_receiver import SECRET, WebhookReceiver, receiving  # noqa: E402

SECRET_NAME = "twin/webhook"
WEBHOOK = '\n[async.webhook]\nurl = "{url}"\nsecret_name = "{name}"\n'
AT_ONCE = 8
HURRY = {
    "lambda_api/responses/watch.py": ("FIRST_LOOK_SECONDS = 900", "FIRST_LOOK_SECONDS = 60"),
    "stacks/constructs/shared/webhook_queues.py": (
        "_HIDDEN_SECONDS = 6 * CONSUMER_SECONDS",
        "_HIDDEN_SECONDS = CONSUMER_SECONDS",
    ),
    "stacks/constructs/batch/retries.py": (
        "CAPACITY_PAUSE = Duration.minutes(10)",
        "CAPACITY_PAUSE = Duration.seconds(20)",
    ),
}
"""Waits that the deployed copy has shortened: before the first look at a response, before a killed
function's messages come again, and before a job that found no instance is tried again."""


def checkout(directory: Path, receiver: WebhookReceiver) -> Path:
    """A copy of the deployed sources, with a webhook in the config."""
    for name in ("config", "stacks", "lambda_api", "features", "model_artifacts"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / name, directory / name, ignore=ignored)
    for name in ("app.py", "cdk.json"):
        shutil.copy(PROJECT / name, directory / name)
    (PROJECT / ".build").mkdir(exist_ok=True)
    (directory / ".build").symlink_to(PROJECT / ".build")
    for name, (before, after) in HURRY.items():
        text = (directory / name).read_text()
        assert before in text, name
        (directory / name).write_text(text.replace(before, after))
    with (directory / "config" / "local.toml").open("a") as config:
        config.write(WEBHOOK.format(url=receiver.url, name=SECRET_NAME))
    return directory


def measure(
    cloud: RefusingCloud, receiver: WebhookReceiver, project: Path, given: argparse.Namespace
) -> tuple[Work, Faults, float]:
    secrets = cloud.session.client("secretsmanager", endpoint_url=cloud.settings.origin)
    secrets.create_secret(Name=SECRET_NAME, SecretString=SECRET)
    outputs = LocalDeployment(cloud, project).deploy()
    faults = Faults(
        cloud, given.kill_every, given.kill_seconds, given.s3_away_after, given.s3_away_seconds
    )
    with connect(outputs) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        patient = client.with_options(max_retries=40, timeout=120)
        work = Work(patient, served_model(client), receiver, given.lines)
        started = time.perf_counter()
        with faults.at_work():
            work.give(pool, given.responses, given.batches)
            print(f"accepted after {time.perf_counter() - started:.0f} s", flush=True)
            work.wait(given.patience)
        seconds = time.perf_counter() - started
        work.account(pool)
    return work, faults, seconds


def show(work: Work, faults: Faults, seconds: float, failed_once: int) -> None:
    def counts(counter: Counter[str]) -> str:
        return ", ".join(f"{count} {kind}" for kind, count in sorted(counter.items())) or "none"

    ends = Counter(str(batch.status) for batch in work.batches.values())
    rows = [
        ("background responses accepted", str(len(work.accepted))),
        ("batches accepted", str(len(work.batches))),
        ("refused to the last, so not accepted", counts(work.refused)),
        ("processes killed", counts(faults.killed)),
        ("steps that failed once", str(failed_once)),
        ("S3 was away", f"{faults.away_seconds:.0f} s"),
        ("responses ended as", counts(work.statuses)),
        ("batches ended as", counts(ends)),
        ("lines of batches", counts(work.failed_lines)),
        ("lost", str(work.lost)),
        ("doubled", str(work.doubled)),
        ("batches that ended late", str(work.late)),
        ("events taken twice", str(sum(1 for count in work.taken().values() if count > 1))),
        ("first request to last event", f"{seconds:.0f} s"),
    ]
    print_table("accepted work", rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--responses", type=int, default=200)
    parser.add_argument("--batches", type=int, default=4)
    parser.add_argument("--lines", type=int, default=50, help="requests in a batch")
    parser.add_argument("--kill-every", type=float, default=15, help="seconds")
    parser.add_argument("--kill-seconds", type=float, default=1e9, help="how long it kills")
    parser.add_argument("--s3-away-after", type=float, default=30, help="seconds")
    parser.add_argument("--s3-away-seconds", type=float, default=60)
    parser.add_argument("--patience", type=float, default=600, help="seconds for the last end")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, receiving() as receiver:
        project = checkout(Path(directory) / "checkout", receiver)
        seen = Path(directory) / "failed-once"
        sabotage(project, seen)
        cloud = RefusingCloud(Settings(port=free_port(), data_dir=Path(directory) / "cloud"))
        try:
            cloud.start(stop_with_us=True)
            work, faults, seconds = measure(cloud, receiver, project, given)
        finally:
            cloud.stop()
            shutil.copy(cloud.log, Path(tempfile.gettempdir()) / "accepted-work.log")
        show(work, faults, seconds, sum(1 for _ in seen.iterdir()))
    sys.exit(1 if work.lost or work.doubled or work.late else 0)


if __name__ == "__main__":
    main()
