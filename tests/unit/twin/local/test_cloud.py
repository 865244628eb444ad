"""Finding the local cloud's process again, and keeping away from another's."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from localcloud.settings import Settings
from twin.local.cloud import LocalCloud, LocalCloudError, ProcessRecord


@pytest.fixture
def cloud(tmp_path: Path) -> LocalCloud:
    return LocalCloud(Settings(port=4999, data_dir=tmp_path))


def remember(cloud: LocalCloud, *, created: float, port: int = 4999) -> None:
    record = ProcessRecord(pid=os.getpid(), created=created, port=port)
    (cloud.directory / "process.json").write_text(record.model_dump_json())


def test_nothing_runs_at_first(cloud: LocalCloud):
    assert cloud.process() is None
    assert cloud.stop() is False


def test_the_recorded_process_is_found(cloud: LocalCloud):
    remember(cloud, created=psutil.Process().create_time())

    assert cloud.process() == psutil.Process()


def test_a_process_that_got_the_pid_later_is_not_ours(cloud: LocalCloud):
    remember(cloud, created=psutil.Process().create_time() - 100)

    assert cloud.process() is None
    assert cloud.stop() is False


def test_another_port_is_named(cloud: LocalCloud):
    remember(cloud, created=psutil.Process().create_time(), port=4566)

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
    remember(cloud, created=psutil.Process().create_time(), port=4600)

    assert LocalCloud.running(cloud.settings).process() == psutil.Process()
    assert LocalCloud.running(cloud.settings).settings.port == 4600
