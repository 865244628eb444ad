"""Starts, finds and stops the process of the local cloud."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import boto3
import psutil
from pydantic import BaseModel, ConfigDict

from localcloud.settings import HEALTH_PATH, PREFIX, Settings
from twin.environment import PROJECT, inherited, without_aws
from twin.errors import UserError

START_SECONDS = 30
STOP_SECONDS = 10


class LocalCloudError(UserError):
    """The local cloud did not start, or is not the one that was asked for."""


class ProcessRecord(BaseModel):
    """Which process serves the local cloud, told from another that got its pid later."""

    model_config = ConfigDict(frozen=True)

    pid: int
    created: float
    """Start of the process, seconds since the epoch."""
    port: int

    def process(self) -> psutil.Process | None:
        """The process, if it still runs."""
        try:
            process = psutil.Process(self.pid)
            same = process.create_time() == self.created
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


class LocalCloud:
    """A local cloud and the directory that holds its state."""

    module = "localcloud"
    """What is run as its process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._child: subprocess.Popen[bytes] | None = None

    @classmethod
    def running(cls, settings: Settings) -> LocalCloud:
        """The one that runs, on whatever port; on the settings' port when none does."""
        cloud = cls(settings)
        if cloud._record.exists():
            record = ProcessRecord.model_validate_json(cloud._record.read_text())
            cloud.settings = settings.model_copy(update={"port": record.port})
        return cloud

    @property
    def directory(self) -> Path:
        """Where its record, logs and data are."""
        return self.settings.data_dir.absolute()

    @property
    def log(self) -> Path:
        """What the process printed."""
        return self.directory / "logs" / "localcloud.log"

    @property
    def session(self) -> boto3.Session:
        """Credentials and region that its stores are scoped by."""
        client = self.settings.client_environment
        return boto3.Session(
            aws_access_key_id=client["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=client["AWS_SECRET_ACCESS_KEY"],
            region_name=self.settings.region,
        )

    def environment(self, **changes: str) -> dict[str, str]:
        """The environment in which the CDK CLI and the AWS SDKs reach this cloud and no other."""
        return {
            **without_aws(inherited()),
            **self.settings.client_environment,
            # The CLI remembers there which account a key belongs to.
            "CDK_HOME": str(self.directory / "cdk-home"),
            **changes,
        }

    @property
    def _record(self) -> Path:
        return self.directory / "process.json"

    def process(self) -> psutil.Process | None:
        """The running process, or none.

        Raises:
            LocalCloudError: It runs on another port than the one asked for.
        """
        if not self._record.exists():
            return None
        record = ProcessRecord.model_validate_json(self._record.read_text())
        process = record.process()
        if process and record.port != self.settings.port:
            message = (
                f"the local cloud runs on port {record.port}, not {self.settings.port}: "
                f"stop it first (`{PREFIX}PORT={record.port} make down`)"
            )
            raise LocalCloudError(message)
        return process

    def start(self, *, stop_with_us: bool = False) -> None:
        """Start the process and wait until it answers.

        Args:
            stop_with_us: It ends when this process does, however this process ends.

        Raises:
            LocalCloudError: It ended, or did not answer within `START_SECONDS`.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("w") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", self.module],
                cwd=PROJECT,
                env={**without_aws(inherited()), **self._variables(stop_with_us=stop_with_us)},
                # The pipe's other end closes with this process.
                stdin=subprocess.PIPE if stop_with_us else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._remember(self._child.pid)
        self._wait_until_ready(self._child)

    def _remember(self, pid: int) -> None:
        created = psutil.Process(pid).create_time()
        record = ProcessRecord(pid=pid, created=created, port=self.settings.port)
        self._record.write_text(record.model_dump_json())

    def _variables(self, *, stop_with_us: bool) -> dict[str, str]:
        chosen = self.settings.model_copy(update={"data_dir": self.directory})
        fields = chosen.model_dump(mode="json") | {"stop_with_stdin": stop_with_us}
        return {f"{PREFIX}{name.upper()}": str(value) for name, value in fields.items()}

    def _wait_until_ready(self, child: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if child.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise LocalCloudError(self.log.read_text().strip() or f"no answer; see {self.log}")
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        url = f"{self.settings.origin}{HEALTH_PATH}"
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):  # noqa: S310
            return True
        return False

    def stop(self) -> bool:
        """Stop the process and all it started; tells whether it was running."""
        process = self.process()
        self._record.unlink(missing_ok=True)
        if process is None:
            return False
        process.terminate()
        _, alive = psutil.wait_procs([process], timeout=STOP_SECONDS)
        for stubborn in alive:
            stubborn.kill()
            stubborn.wait(STOP_SECONDS)
        self._forget_child()
        return True

    def _forget_child(self) -> None:
        if self._child:
            self._child.communicate()
            self._child = None
