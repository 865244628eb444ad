from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.settings import Settings
from tests.localcloud import cloud as local
from tests.localcloud.cloud import Cloud


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings for a server of the test's own."""
    return Settings(port=local.free_port(), data_dir=tmp_path)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local cloud that all tests share."""
    settings = Settings(port=local.free_port(), data_dir=tmp_path_factory.mktemp("cloud"))
    running = local.start(settings)
    yield running
    local.stop(running)
