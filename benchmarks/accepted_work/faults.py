"""Faults: processes that are killed, steps that fail once each, and an S3 that refuses."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.support.meanwhile import meanwhile
from twin.local.cloud import LocalCloud

_FUNCTION = re.compile(r"ministack-lambda-\S*?-api-([A-Za-z]+)[0-9A-F]{8}-")
STEPS = ("batch_prepare", "batch_collect", "batch_finish", "async_completion", "webhook_delivery")
"""The handlers of all functions that are invoked by something else than a client."""
_SABOTAGE = '''\
"""An error in each step, once: of a batch's step, or of a message's first invocation.

Every second one comes when the work is done already.
"""

import json
from hashlib import sha256
from pathlib import Path

SEEN = Path({seen!r})


def failing_once(handler, name):
    def sabotaged(event, context):
        fails = [_is_first(name, key) for key in _keys(event)]
        if not any(fails):
            return handler(event, context)
        if sum(sha256(json.dumps(event).encode()).digest()) % 2:
            handler(event, context)
        raise RuntimeError(f"{{name}} failed once")

    return sabotaged


def _keys(event):
    if "Records" not in event:
        event = json.loads(event["detail"]["input"]) if "detail" in event else event
        return [f"{{event.get('batch_id') or event.get('run')}}/{{event.get('job_name')}}"]
    return [record.get("messageId") or record["Sns"]["MessageId"] for record in event["Records"]]


def _is_first(name, key):
    try:
        (SEEN / sha256(f"{{name}}/{{key}}".encode()).hexdigest()).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
'''


def sabotage(project: Path, seen: Path) -> None:
    """Change the deployed sources so that each step fails once; `seen` gets a file for each."""
    seen.mkdir()
    (project / "lambda_api" / "sabotage.py").write_text(_SABOTAGE.format(seen=str(seen)))
    for name in STEPS:
        with (project / "lambda_api" / "handlers" / f"{name}.py").open("a") as module:
            module.write("\n\nfrom lambda_api.sabotage import failing_once  # noqa: E402\n\n")
            module.write(f'handler = failing_once(handler, "{name}")\n')


class RefusingCloud(LocalCloud):
    """A local cloud whose S3 can be told to refuse."""

    module = "benchmarks.accepted_work.refusing_cloud"

    @property
    def flag(self) -> Path:
        """The file while which is there S3 refuses."""
        return self.directory / "s3-is-away"


@dataclass
class Faults:
    """Faults while work is done.

    Attributes:
        cloud: The cloud.
        kill_every: Seconds between two kills.
        kill_seconds: Seconds after which nothing is killed any more.
        away_after: Seconds after which S3 is away.
        away_seconds: Seconds for which S3 is away; 0 for never.
        killed: Processes killed, by kind.
    """

    cloud: RefusingCloud
    kill_every: float
    kill_seconds: float
    away_after: float
    away_seconds: float
    killed: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let all faults happen while the block runs."""
        until = time.monotonic() + self.kill_seconds

        def kill(done: threading.Event) -> None:
            while not done.wait(self.kill_every) and time.monotonic() < until:
                self._kill_one()

        def take_s3_away(done: threading.Event) -> None:
            if self.away_seconds and not done.wait(self.away_after):
                self.cloud.flag.touch()
                done.wait(self.away_seconds)
                self.cloud.flag.unlink()

        with meanwhile(kill), meanwhile(take_s3_away):
            yield

    def _kill_one(self) -> None:
        server = self.cloud.process()
        assert server is not None
        victims = {_kind(process): process for process in _shuffled(server.children(True))}
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
