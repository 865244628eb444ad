from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.ports import free_port
from localcloud.settings import Settings
from tests.support.localcloud import cloud as local
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.deployment import Deployment
from tests.support.localcloud.random_model import write_random_model


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all servers: each works in a directory of its own there."""
    return tmp_path_factory.mktemp("localcloud")


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    """Settings for a server of the test's own."""
    return Settings(port=free_port(), data_dir=data_dir)


@pytest.fixture(scope="session")
def cloud(data_dir: Path) -> Iterator[Cloud]:
    """A local cloud that all tests share."""
    running = local.start(Settings(port=free_port(), data_dir=data_dir))
    yield running
    local.stop(running)


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that answers nonsense for as long as it is asked to."""
    return write_random_model(tmp_path_factory.mktemp("model") / "model.gguf")


@pytest.fixture(scope="session")
def fast(data_dir: Path) -> Iterator[Cloud]:
    """A local cloud in which an hour takes a minute, an instance a second to come, and of one
    type there is none."""
    settings = Settings(
        port=free_port(),
        data_dir=data_dir,
        clock_factor=60,
        provisioning_seconds=60,
        unavailable_instance_types="ml.m5.large",
    )
    running = local.start(settings)
    yield running
    local.stop(running)


QUOTAS = """
[sagemaker]
requests_per_second = 40
endpoint_usage = {"ml.c5.large" = 2}
transform_job_usage = {"ml.m5.large" = 1}
[lambda]
concurrent_executions = 2
"""


@pytest.fixture(scope="session")
def strict(data_dir: Path) -> Iterator[Cloud]:
    """A local cloud of a small account, which waits a second for answers and rolls back without a
    word."""
    quotas = data_dir / "quotas.toml"
    quotas.write_text(QUOTAS)
    settings = Settings(
        port=free_port(),
        data_dir=data_dir,
        quotas=quotas,
        clock_factor=60,
        invocation_seconds=1,
        silent_rollbacks=True,
    )
    running = local.start(settings)
    yield running
    local.stop(running)


@pytest.fixture
def fresh(cloud: Cloud, model_file: Path) -> Iterator[Deployment]:
    """An endpoint of the test's own, yet to be created."""
    deployment = Deployment(cloud, model_file)
    yield deployment
    if deployment.exists():
        deployment.settled()
        deployment.delete()
