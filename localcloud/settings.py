"""The local cloud's settings, read once from `LOCALCLOUD_*` variables."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

PREFIX = "LOCALCLOUD_"

HOST = "127.0.0.1"
"""The one address the local cloud ever listens on: what it runs is not for the network."""

HEALTH_PATH = "/_localcloud/health"
"""Answers 200 as soon as every service does, with the directory whose cloud it is."""

IAM_PATH = "/_localcloud/iam"
"""Answers with the calls that IAM was asked about and its answers; `DELETE` begins a new list."""


class Settings(BaseModel):
    """The local cloud's settings; each field is the variable `LOCALCLOUD_<FIELD>`.

    Attributes:
        port: TCP port of the one origin that serves every service.
        account: account id, and the access key id that clients sign with: ministack tells accounts
            by it.
        region: region of a request that names none.
        data_dir: parent of the server's working directory, `cloud-<port>`.
        log_level: least severe line that the server writes to standard error.
        clock_factor: speed of the clock for metrics, alarms, scaling, rate schedules and the waits
            of state machines, relative to real time: with 10, the 15 minutes before a scale-in take
            90 seconds. Nothing else is faster.
        provisioning_seconds: time, by that clock, from a change of capacity to the start of its
            engines: AWS provisions an instance, pulls the image and loads the model. Not at first
            deployments.
        unavailable_instance_types: instance types that AWS has none of right now, separated by
            commas.
        iam: enforcement of policies: functions, endpoints and state machines may do what their
            roles may, and nothing else. Without it, anyone may do everything.
        quotas: file of the account's quotas, TOML or (named `*.json`) JSON, described in
            `localcloud.quotas`; left out, a new account's but for what the local stage needs.
        instance_type_offers: JSON file with the regions of each instance type, for endpoints and
            transform jobs; left out, every region has all of them.
        invocation_seconds: longest that `InvokeEndpoint` waits for a whole answer; AWS waits 60.
        silent_rollbacks: leave the failure reason of an update that is rolled back empty, as
            SageMaker can: the endpoint is in service with the old configuration, and says no more.
        duplicate_events: deliver each event of a model package twice, as EventBridge may: delivery
            is at least once.
        one_request_per_environment: start a process for each request at once to a function behind
            the Lambda Web Adapter, up to its reserved concurrency, as AWS does; left out, one
            process serves them all.
        stop_with_stdin: stop when standard input ends: who starts the server holds a pipe open, and
            its death, `kill -9` included, closes that pipe.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    port: int = Field(default=4566, ge=1, le=65535)
    account: Annotated[str, StringConstraints(pattern=r"^\d{12}$")] = "000000000042"
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")] = "us-east-1"
    data_dir: Path = Path(".local")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    clock_factor: float = Field(default=10.0, gt=0, le=1000)
    provisioning_seconds: float = Field(default=0.0, ge=0, le=3600)
    unavailable_instance_types: Annotated[
        str, StringConstraints(pattern=r"^(ml\.[a-z0-9.-]+(,ml\.[a-z0-9.-]+)*)?$")
    ] = ""
    iam: bool = True
    quotas: Path | None = None
    instance_type_offers: Path | None = None
    invocation_seconds: float = Field(default=60.0, gt=0, le=60)
    silent_rollbacks: bool = False
    duplicate_events: bool = False
    one_request_per_environment: bool = False
    stop_with_stdin: bool = False

    @classmethod
    def from_environment(cls) -> Settings:
        """Read the settings.

        Raises:
            pydantic.ValidationError: A value is malformed, or a `LOCALCLOUD_` variable is unknown.
        """
        return cls.model_validate(
            {
                name.removeprefix(PREFIX).lower(): value
                for name, value in os.environ.items()  # noqa: TID251
                if name.startswith(PREFIX)
            }
        )

    @property
    def origin(self) -> str:
        """URL of every service: what clients set as `AWS_ENDPOINT_URL`."""
        return f"http://{HOST}:{self.port}"

    @property
    def variables(self) -> dict[str, str]:
        """The variables that make these settings."""
        fields = self.model_dump(mode="json", exclude_none=True)
        return {f"{PREFIX}{name.upper()}": str(value) for name, value in fields.items()}

    @property
    def unavailable_types(self) -> frozenset[str]:
        """Instance types that cannot be had."""
        return frozenset(filter(None, self.unavailable_instance_types.split(",")))

    @property
    def work_dir(self) -> Path:
        """Unpacked functions, models, temporary files. Emptied at every start of the server."""
        return self.data_dir.absolute() / f"cloud-{self.port}"

    @property
    def client_environment(self) -> dict[str, str]:
        """Variables that point an AWS SDK or the CDK CLI at this cloud."""
        return {
            "AWS_ENDPOINT_URL": self.origin,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            # Neither a machine's role nor a user's files have a say in it.
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def prepare_process(self) -> None:
        """Make this process the local cloud's: a clean environment and an empty working directory.

        Must run before ministack is imported, which reads its settings at import. Functions
        inherit this environment, so of the caller's (a profile, a virtual environment, real
        credentials) only what finds programs and libraries is left in it.
        """
        temporary = self.work_dir / "tmp"
        shutil.rmtree(self.work_dir, ignore_errors=True)
        temporary.mkdir(parents=True)
        environment = os.environ  # noqa: TID251
        kept = {name: value for name, value in environment.items() if name.startswith(_KEPT)}
        environment.clear()
        environment.update(kept)
        environment.update(self.client_environment, TMPDIR=str(temporary))
        environment.update(self._ministack_environment())
        tempfile.tempdir = str(temporary)
        if sys.dont_write_bytecode:
            # Compiling ministack takes seconds at each start: keep that beside, not in, its files.
            sys.dont_write_bytecode = False
            sys.pycache_prefix = str(self.data_dir.absolute() / "bytecode")

    def _ministack_environment(self) -> dict[str, str]:
        return {
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_ACCOUNT_ID": self.account,
            "MINISTACK_REGION": self.region,
            "LOG_LEVEL": self.log_level,
            "LAMBDA_EXECUTOR": "local",
            "AUTH": str(self.iam).lower(),
            # Listeners on ports of their own, and a Docker daemon: none of them is for us.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "DOCKER_HOST": f"unix://{self.work_dir}/no-docker.sock",
        }


_KEPT = ("PATH", "HOME", "LANG", "LC_", "LD_LIBRARY_PATH", "DYLD_", "OMP_", "CUDA_")
