"""The server's process: how it starts, how it ends, and that nothing stays behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable

import httpx2
import psutil
import pytest

from localcloud.settings import HOST, Settings
from tests.support.eventually import LONG
from tests.support.localcloud import cloud as local
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.streaming_api import deploy, key
from tests.support.project import PROJECT


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "localcloud"],
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=LONG,
    )


def test_taken_port_names_its_holder_and_the_variable_that_changes_it() -> None:
    with socket.create_server((HOST, 0)) as holder:
        port = holder.getsockname()[1]
        refused = run(LOCALCLOUD_PORT=str(port))
    assert refused.returncode == 1
    assert f"port {port} on 127.0.0.1 is taken" in refused.stderr
    assert f"(pid {os.getpid()})" in refused.stderr
    assert "set LOCALCLOUD_PORT to a free port" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("name", "value"), [("LOCALCLOUD_PORT", "none"), ("LOCALCLOUD_PROT", "4566")]
)
def test_wrong_setting_is_refused(name: str, value: str) -> None:
    refused = run(**{name: value})
    assert refused.returncode == 1
    assert name.removeprefix("LOCALCLOUD_").lower() in refused.stderr
    assert "Traceback" not in refused.stderr


def terminate(cloud: Cloud) -> None:
    cloud.process.terminate()


def interrupt(cloud: Cloud) -> None:
    cloud.process.send_signal(signal.SIGINT)


def kill(cloud: Cloud) -> None:
    cloud.process.kill()


def close_stdin(cloud: Cloud) -> None:
    assert cloud.process.stdin is not None
    cloud.process.stdin.close()


@pytest.mark.parametrize("end", [terminate, interrupt, kill, close_stdin])
def test_server_ends_before_its_requests_and_takes_every_process_along(
    settings: Settings, end: Callable[[Cloud], None]
) -> None:
    cloud = local.start(
        settings.model_copy(update={"stop_with_stdin": end is close_stdin}),
        stdin=subprocess.PIPE,
    )
    api = deploy(cloud)
    headers = {"Authorization": f"Bearer {key(api)}"}
    with httpx2.Client(base_url=api.url, headers=headers, timeout=LONG) as http:
        assert http.get("/v1/buffered").status_code == 200
        with http.stream("POST", "/v1/ticks?n=2000") as busy:
            pieces = busy.iter_bytes()  # the answer is closed when its iterator is dropped
            next(pieces)
            children = psutil.Process(cloud.process.pid).children(recursive=True)
            assert len(children) >= 4, "the authorizer, both functions and the reaper"
            end(cloud)
            cloud.process.wait(timeout=60)  # the request takes 100 s
    _, alive = psutil.wait_procs(children, timeout=LONG)
    if cloud.process.stdin:
        cloud.process.stdin.close()
    assert alive == []


def test_health_names_the_services(cloud: Cloud) -> None:
    health = httpx2.get(cloud.url("/_localcloud/health"), timeout=LONG).json()
    assert {"apigateway", "lambda", "s3", "sagemaker"} <= set(health["services"])
    assert health["directory"] == str(cloud.settings.data_dir)


def test_server_listens_on_the_loopback_address_only(cloud: Cloud) -> None:
    process = psutil.Process(cloud.process.pid)
    listening = [
        connection.laddr
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == [(HOST, cloud.settings.port)]
