from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.ports import free_port
from localcloud.settings import Settings
from tests.support.localcloud import cloud as local
from tests.support.localcloud.cloud import Cloud


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
