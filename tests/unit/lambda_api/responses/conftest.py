"""An app with responses, shared by the tests of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.service.fake_queue import FakeQueue
from tests.support.service.fake_upstream import FakeUpstream
from tests.support.service.memory_store import MemoryStore
from tests.support.service.responses_app import URL, ResponsesApp, keepless_app, responses_app


@pytest.fixture(scope="module")
def responses() -> Iterator[ResponsesApp]:
    with responses_app() as app:
        yield app


@pytest.fixture(scope="module")
def unkept() -> Iterator[TestClient]:
    with keepless_app() as client:
        yield client


@pytest.fixture
def client(responses: ResponsesApp) -> TestClient:
    responses.reset()
    return responses.client


@pytest.fixture
def upstream(client: TestClient, responses: ResponsesApp) -> FakeUpstream:
    return responses.upstream


@pytest.fixture
def store(client: TestClient, responses: ResponsesApp) -> MemoryStore:
    return responses.store


@pytest.fixture
def queue(client: TestClient, responses: ResponsesApp) -> FakeQueue:
    return responses.queue


@pytest.fixture
def create(client: TestClient) -> Callable[..., dict[str, Any]]:
    def create(**fields: Any) -> dict[str, Any]:
        return client.post(URL, json={"model": "twin", "input": "hi", **fields}).json()

    return create
