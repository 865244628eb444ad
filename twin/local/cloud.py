"""The process of the local cloud: started, found again and stopped."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Final

import boto3
import psutil
from pydantic import BaseModel, ConfigDict

from localcloud.settings import HEALTH_PATH, PREFIX, Settings
from stacks.engines.offers import OFFERS_PATH
from twin.environment import PROJECT, inherited, without_aws
from twin.errors import UserError

START_SECONDS = 30
STOP_SECONDS = 10


class LocalCloudError(UserError):
    """The local cloud did not start, or is not the one that was asked for."""


_SAME_SECONDS: Final = 60
"""No pid is given away twice within a minute."""


def seconds_after_boot(process: psutil.Process) -> float:
    """Return when a process began, in seconds since the machine did.

    A clock that is set, as in a virtual machine that was paused, moves both times as seconds since
    the epoch: https://psutil.readthedocs.io/en/latest/#psutil.Process.create_time
    """
    return float(process.create_time() - psutil.boot_time())


class ProcessRecord(BaseModel):
    """Identity of the local cloud's process, which no later process with the same pid shares.

    Attributes:
        pid: Process id.
        created: Start of the process, seconds since the machine's.
        port: TCP port of the local cloud's origin.
    """

    model_config = ConfigDict(frozen=True)

    pid: int
    created: float
    port: int

    def process(self) -> psutil.Process | None:
        """Return the process, if it still runs."""
        try:
            process = psutil.Process(self.pid)
            same = abs(seconds_after_boot(process) - self.created) < _SAME_SECONDS
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


class LocalCloud:
    """A local cloud and the directory that holds its state.

    Attributes:
        module: Python module that the process runs.
        settings: The settings the process is started with.
    """

    module = "localcloud"

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._child: subprocess.Popen[bytes] | None = None

    @classmethod
    def running(cls, settings: Settings) -> LocalCloud:
        """Return the local cloud that runs, whatever its port; else one on the settings' port."""
        cloud = cls(settings)
        if cloud._record.exists():
            record = ProcessRecord.model_validate_json(cloud._record.read_text())
            cloud.settings = settings.model_copy(update={"port": record.port})
        return cloud

    @property
    def directory(self) -> Path:
        """Directory of the process record, the logs and the data."""
        return self.settings.data_dir.absolute()

    @property
    def log(self) -> Path:
        """File with the output of the process."""
        return self.directory / "logs" / "localcloud.log"

    @property
    def session(self) -> boto3.Session:
        """Session with the credentials and the region by which the emulated stores are scoped."""
        client = self.settings.client_environment
        return boto3.Session(
            aws_access_key_id=client["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=client["AWS_SECRET_ACCESS_KEY"],
            region_name=self.settings.region,
        )

    def environment(self, **changes: str) -> dict[str, str]:
        """Return an environment in which CDK CLI and AWS SDKs reach this cloud and no other."""
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
        """Return the running process, or none.

        Raises:
            LocalCloudError: The process runs on another port than the one asked for.
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
            stop_with_us: End the local cloud with this process, however this process ends.

        Raises:
            LocalCloudError: Another local cloud has the port, or the process ended, or it did not
                answer within `START_SECONDS`.
        """
        self._leave_alone_what_runs()
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
        created = seconds_after_boot(psutil.Process(pid))
        record = ProcessRecord(pid=pid, created=created, port=self.settings.port)
        self._record.write_text(record.model_dump_json())

    def _variables(self, *, stop_with_us: bool) -> dict[str, str]:
        offers = self.settings.instance_type_offers or OFFERS_PATH
        changes = {
            "data_dir": self.directory,
            "stop_with_stdin": stop_with_us,
            "instance_type_offers": offers,
        }
        return self.settings.model_copy(update=changes).variables

    def _wait_until_ready(self, child: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if child.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise LocalCloudError(self.log.read_text().strip() or f"no answer; see {self.log}")
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        return self._answering() == str(self.directory)

    def _answering(self) -> str | None:
        """Return the directory of the local cloud that has the port; None if there is none."""
        url = f"{self.settings.origin}{HEALTH_PATH}"
        with (
            contextlib.suppress(OSError, ValueError, LookupError, TypeError),
            urllib.request.urlopen(url, timeout=2) as answer,  # noqa: S310
        ):
            return str(json.load(answer)["directory"])
        return None

    def _leave_alone_what_runs(self) -> None:
        port, holder = self.settings.port, self._answering()
        if holder is not None:
            raise LocalCloudError(
                f"port {port} is taken by the local cloud of {holder}: stop that one "
                f"(`make down` in its checkout), or take another port "
                f"(`{PREFIX}PORT={port + 1} make up`)"
            )

    def stop(self) -> bool:
        """Stop the process and all it started; tell whether it was running."""
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
