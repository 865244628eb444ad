"""An app with files and batches."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from lambda_api.main import create_app
from lambda_api.settings import Settings
from tests.support.service.batch_world import Executions
from tests.support.service.fake_upstream import FakeUpstream
from tests.support.service.memory_store import MemoryStore


@pytest.fixture
def executions() -> Executions:
    return Executions()


@pytest.fixture
def batch_store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def batch_client(
    settings: Settings, executions: Executions, batch_store: MemoryStore
) -> Iterator[TestClient]:
    app = create_app(
        settings.model_copy(update={"batch_bucket": "bucket"}),
        FakeUpstream(),
        batch_store=batch_store,
        executions=executions,
    )
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client
