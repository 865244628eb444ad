"""The local cloud as its tests see it: a server process of its own, and clients."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from localcloud.settings import Settings
from tests.support.eventually import LONG, eventually
from tests.support.project import PROJECT

ROLE = "arn:aws:iam::000000000042:role/Everything"
"""A role of every local cloud here, in which services may do everything."""


@dataclass(frozen=True)
class Cloud:
    settings: Settings
    process: subprocess.Popen[bytes]
    log: Path
    started: float
    """When its process was begun, in seconds since 1970."""

    def client(self, service: str, **options: Any) -> Any:
        return _client(service, self.settings, tuple(options.items()))

    def url(self, path: str) -> str:
        return f"{self.settings.origin}{path}"


@cache
def _client(service: str, settings: Settings, options: tuple[tuple[str, Any], ...]) -> Any:
    return boto3.client(
        service,
        endpoint_url=settings.origin,
        region_name=settings.region,
        aws_access_key_id=settings.account,
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}, **dict(options)),
    )


def start(settings: Settings, module: str = "localcloud", **popen: Any) -> Cloud:
    """Start `python -m localcloud` with these settings and wait until it is ready."""
    log = settings.data_dir / f"server-{settings.port}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    begun = time.time()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=PROJECT,
            env={**os.environ, **settings.variables},
            stdout=output,
            stderr=output,
            **popen,
        )
    cloud = Cloud(settings, process, log, begun)
    eventually(lambda: _healthy(cloud))
    add_role(cloud, ROLE, {"Effect": "Allow", "Action": "*", "Resource": "*"})
    return cloud


def add_role(cloud: Cloud, arn: str, *statements: Mapping[str, Any]) -> None:
    """Make a role that services may assume, and that may do what the statements say."""
    iam, name = cloud.client("iam"), arn.rpartition("/")[2]
    trusted = ["lambda.amazonaws.com", "sagemaker.amazonaws.com", "states.amazonaws.com"]
    trust = {"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName=name, PolicyName="any", PolicyDocument=policy)


def assumed(cloud: Cloud, arn: str) -> boto3.Session:
    """A session of a role, which is given leave to be assumed for it."""
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": cloud.settings.account},
        "Action": "sts:AssumeRole",
    }
    cloud.client("iam").update_assume_role_policy(
        RoleName=arn.rpartition("/")[2], PolicyDocument=json.dumps({"Statement": [trust]})
    )
    given = cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    return boto3.Session(
        given["AccessKeyId"],
        given["SecretAccessKey"],
        given["SessionToken"],
        cloud.settings.region,
    )


def let_invoke(cloud: Cloud, function: str, service: str, **source: str) -> None:
    """Permit a service to invoke a function."""
    cloud.client("lambda").add_permission(
        FunctionName=function,
        StatementId=service.partition(".")[0],
        Action="lambda:InvokeFunction",
        Principal=service,
        **source,
    )


def _healthy(cloud: Cloud) -> bool:
    assert cloud.process.poll() is None, cloud.log.read_text()
    try:
        with urllib.request.urlopen(cloud.url("/_localcloud/health")) as response:
            return response.status == 200
    except OSError:
        return False


def stop(cloud: Cloud) -> None:
    cloud.process.terminate()
    cloud.process.wait(timeout=LONG)


def package(files: Mapping[str, str]) -> bytes:
    """Zip files; scripts (`*.sh`) are executable."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = (0o755 if name.endswith(".sh") else 0o644) << 16
            archive.writestr(member, content)
    return packed.getvalue()
