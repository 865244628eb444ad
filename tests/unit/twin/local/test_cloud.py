"""Finding the local cloud's process again, and keeping away from another's."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest

from localcloud.settings import Settings
from twin.local.cloud import LocalCloud, LocalCloudError, ProcessRecord, seconds_after_boot


@pytest.fixture
def cloud(tmp_path: Path) -> LocalCloud:
    return LocalCloud(Settings(port=4999, data_dir=tmp_path))


def remember(cloud: LocalCloud, *, created: float, port: int = 4999) -> None:
    record = ProcessRecord(pid=os.getpid(), created=created, port=port)
    (cloud.directory / "process.json").write_text(record.model_dump_json())


@pytest.fixture
def another() -> Iterator[int]:
    """The port of another checkout's local cloud."""

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"directory": "/home/twin/.local"}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Health) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_the_cloud_of_another_checkout_is_left_alone(tmp_path: Path, another: int):
    cloud = LocalCloud(Settings(port=another, data_dir=tmp_path))

    with pytest.raises(LocalCloudError, match=rf"port {another} is taken by .*/home/twin/\.local"):
        cloud.start()

    assert cloud.process() is None


def test_nothing_runs_at_first(cloud: LocalCloud):
    assert cloud.process() is None
    assert cloud.stop() is False


def test_the_recorded_process_is_found(cloud: LocalCloud):
    remember(cloud, created=seconds_after_boot(psutil.Process()))

    assert cloud.process() == psutil.Process()


def test_a_clock_that_was_set_loses_no_process(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch):
    remember(cloud, created=seconds_after_boot(psutil.Process()))
    booted, create_time = psutil.boot_time() + 3600, psutil.Process.create_time
    monkeypatch.setattr(psutil, "boot_time", lambda: booted)
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: create_time(self) + 3600)

    assert cloud.process() == psutil.Process()


def test_a_process_that_got_the_pid_later_is_not_ours(cloud: LocalCloud):
    remember(cloud, created=seconds_after_boot(psutil.Process()) - 100)

    assert cloud.process() is None
    assert cloud.stop() is False


def test_another_port_is_named(cloud: LocalCloud):
    remember(cloud, created=seconds_after_boot(psutil.Process()), port=4566)

    with pytest.raises(LocalCloudError, match="runs on port 4566, not 4999"):
        cloud.process()


def test_the_environment_reaches_no_real_account(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")

    environment = cloud.environment()

    assert "AWS_PROFILE" not in environment
    assert "AWS_SESSION_TOKEN" not in environment
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4999"
    assert environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull


def test_the_one_that_runs_is_found_on_its_port(cloud: LocalCloud):
    remember(cloud, created=seconds_after_boot(psutil.Process()), port=4600)

    assert LocalCloud.running(cloud.settings).process() == psutil.Process()
    assert LocalCloud.running(cloud.settings).settings.port == 4600
