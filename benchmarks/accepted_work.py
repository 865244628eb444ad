"""Background responses, and the events of their ends, while a stage's processes are killed.

Deploys the stage `local` with a webhook to a cloud of its own, submits so many responses, kills
a process of the functions or the engines every few seconds for a while, and waits until no event
is owed any more. The receiver refuses each event once. What a client was given an id for has been
accepted: each of those must end, and an event of each must be taken. What is not, or is taken
twice, is counted.

The deployed copy does not wait as long as the checkout's: the first look of the watch comes after
one minute and not after fifteen, and so does a message whose function was killed, after one and
not after six.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import openai
import psutil
from table import print_table

from localcloud.ports import free_port
from localcloud.settings import Settings
from twin.client.conversation import connect, served_model
from twin.environment import PROJECT
from twin.local.cloud import LocalCloud
from twin.local.deployment import LocalDeployment

sys.path.insert(0, str(PROJECT))
from tests.support.webhook_receiver import SECRET, WebhookReceiver, receiving

SECRET_NAME = "twin/webhook"
WEBHOOK = '\n[async.webhook]\nurl = "{url}"\nsecret_name = "{name}"\n'
AT_ONCE = 8
HURRY = {
    "lambda_api/responses/watch.py": ("FIRST_LOOK_SECONDS = 900", "FIRST_LOOK_SECONDS = 60"),
    "stacks/constructs/shared/webhook_queues.py": (
        "_HIDDEN_SECONDS = 6 * CONSUMER_SECONDS",
        "_HIDDEN_SECONDS = CONSUMER_SECONDS",
    ),
}
"""Waits that the deployed copy has shortened."""
_FUNCTION = re.compile(r"ministack-lambda-\S*?-api-([A-Za-z]+)[0-9A-F]{8}-")


@dataclass
class Killer:
    """Kills a random process below the cloud's own, again and again."""

    server: psutil.Process
    every: float
    until: float
    killed: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        done = threading.Event()

        def work() -> None:
            while not done.wait(self.every) and time.monotonic() < self.until:
                self._kill_one()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _kill_one(self) -> None:
        victims = {_kind(process): process for process in _shuffled(self.server.children(True))}
        victims.pop("", None)
        if victims:
            kind = random.choice(sorted(victims))  # each kind as often, however many there are
            self.killed[kind] += 1
            victims[kind].kill()


def _shuffled(processes: list[psutil.Process]) -> list[psutil.Process]:
    return random.sample(processes, len(processes))


def _kind(process: psutil.Process) -> str:
    """The kind of a process; empty for those that are the cloud's own, or gone."""
    try:
        command = " ".join(process.cmdline())
    except psutil.Error:
        return ""
    if "localcloud.engines" in command:
        return "engine"
    if "uvicorn" in command:
        return "Streaming function"
    function = _FUNCTION.search(command)
    return f"{function[1]} function" if function else ""


def checkout(directory: Path, receiver: WebhookReceiver) -> Path:
    """A copy of the deployed sources, with a webhook in the config."""
    for name in ("config", "stacks", "lambda_api", "model_artifacts"):
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


@dataclass
class Found:
    """Everything that came of it."""

    accepted: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def lost(self) -> int:
        unfinished = sum(self.statuses[status] for status in ("queued", "in_progress", "gone"))
        return unfinished + sum(1 for name in self.accepted if not self.taken[event_of(name)])

    @property
    def doubled(self) -> int:
        return sum(1 for count in self.taken.values() if count > 1)


def event_of(response_id: str) -> str:
    return response_id.replace("resp_", "evt_")


def submit(client: openai.OpenAI, model: str, number: int, found: Found) -> None:
    try:
        response = client.responses.create(
            model=model, input=f"{number}: what is a shard?", max_output_tokens=24, background=True
        )
    except openai.APIError as error:
        found.refused[type(error).__name__] += 1
    else:
        found.accepted.append(response.id)


def wait(found: Found, receiver: WebhookReceiver, patience: float) -> None:
    """Wait until an event of each accepted response is taken."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        taken = [attempt.event_id for attempt in list(receiver.attempts) if attempt.status == 204]
        found.taken = Counter(taken)
        if all(found.taken[event_of(name)] for name in found.accepted):
            return
        time.sleep(0.5)


def status_of(client: openai.OpenAI, response_id: str) -> str:
    try:
        return str(client.responses.retrieve(response_id).status)
    except openai.NotFoundError:
        return "gone"


def measure(
    cloud: LocalCloud, receiver: WebhookReceiver, project: Path, given: argparse.Namespace
) -> tuple[Found, Killer]:
    secrets = cloud.session.client("secretsmanager", endpoint_url=cloud.settings.origin)
    secrets.create_secret(Name=SECRET_NAME, SecretString=SECRET)
    outputs = LocalDeployment(cloud, project).deploy()
    server = cloud.process()
    assert server is not None
    found = Found()
    killer = Killer(server, given.kill_every, time.monotonic() + given.kill_seconds)
    with connect(outputs) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        patient = client.with_options(max_retries=0, timeout=120)
        model = served_model(client)
        started = time.perf_counter()
        with killer.at_work():
            list(pool.map(lambda n: submit(patient, model, n, found), range(given.responses)))
            wait(found, receiver, given.patience)
        found.seconds = time.perf_counter() - started
        found.statuses = Counter(pool.map(lambda n: status_of(client, n), found.accepted))
    return found, killer


def show(found: Found, killer: Killer, receiver: WebhookReceiver, responses: int) -> None:
    def counts(counter: Counter[str]) -> str:
        return ", ".join(f"{count} {kind}" for kind, count in sorted(counter.items())) or "none"

    rows = [
        ("accepted", str(len(found.accepted))),
        ("refused at once, so not accepted", counts(found.refused)),
        ("processes killed", counts(killer.killed)),
        ("ended as", counts(found.statuses)),
        ("attempts at the receiver, which refuses each event once", str(len(receiver.attempts))),
        ("lost", str(found.lost)),
        ("events taken twice", str(found.doubled)),
        ("first request to last event", f"{found.seconds:.0f} s"),
    ]
    print_table(f"{responses} background responses", rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--responses", type=int, default=200)
    parser.add_argument("--kill-every", type=float, default=5, help="seconds")
    parser.add_argument("--kill-seconds", type=float, default=60, help="how long it kills")
    parser.add_argument("--patience", type=float, default=300, help="seconds for the last event")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, receiving() as receiver:
        project = checkout(Path(directory) / "checkout", receiver)
        cloud = LocalCloud(Settings(port=free_port(), data_dir=Path(directory) / "cloud"))
        try:
            cloud.start(stop_with_us=True)
            found, killer = measure(cloud, receiver, project, given)
        finally:
            cloud.stop()
    show(found, killer, receiver, given.responses)
    sys.exit(1 if found.lost else 0)


if __name__ == "__main__":
    main()
