"""An app with responses, shared by the tests of a module, and what is kept and told behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from lambda_api.responses.store import ResponseStore
from tests.support.service.fake_queue import FakeQueue
from tests.support.service.fake_upstream import FakeUpstream
from tests.support.service.memory_queue import MemoryQueue
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


@pytest.fixture
def kept(store: MemoryStore) -> ResponseStore:
    return ResponseStore(store)


@pytest.fixture
def events() -> MemoryQueue:
    """The queue of the webhook's events."""
    return MemoryQueue()


@pytest.fixture
def told(events: MemoryQueue) -> Callable[[], list[tuple[str, str]]]:
    """The types and the responses of the events that are queued."""

    def told() -> list[tuple[str, str]]:
        queued = [json.loads(body) for body, _ in events.sent]
        return [(event["type"], event["data"]["id"]) for event in queued]

    return told


@pytest.fixture
def name(response_id: str, queue: FakeQueue) -> str:
    """SageMaker's name of the one queued response."""
    (name,) = queue.requests
    return name
