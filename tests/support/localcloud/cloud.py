"""The local cloud as its tests see it: a server process of its own, and clients."""

from __future__ import annotations

import io
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


def start(settings: Settings, **popen: Any) -> Cloud:
    """Start `python -m localcloud` with these settings and wait until it is ready."""
    log = settings.data_dir / f"server-{settings.port}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {
        f"LOCALCLOUD_{name.upper()}": str(value) for name, value in settings.model_dump().items()
    }
    begun = time.time()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "localcloud"],
            cwd=PROJECT,
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
            **popen,
        )
    cloud = Cloud(settings, process, log, begun)
    eventually(lambda: _healthy(cloud))
    return cloud


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
