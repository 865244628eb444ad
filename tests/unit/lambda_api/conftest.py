"""The service's settings, an upstream that says what it is told, and the app over both."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from lambda_api.chat.service import ChatService
from lambda_api.engine.served_models import ServedModels
from lambda_api.main import create_app
from lambda_api.settings import Settings
from tests.support.service.batch_world import World
from tests.support.service.fake_upstream import FakeStream, FakeUpstream


@pytest.fixture
def settings() -> Settings:
    return Settings(
        stage="local", endpoint_name="twin-local", model_id="twin", engine="vllm", root_path="/live"
    )


@pytest.fixture
def upstream() -> FakeUpstream:
    return FakeUpstream()


@pytest.fixture
def service(upstream: FakeUpstream) -> ChatService:
    return ChatService(ServedModels("twin"), lambda: upstream)


@pytest.fixture
def says(upstream: FakeUpstream) -> Callable[..., FakeStream]:
    """Makes the upstream stream these parts."""

    def say(*parts: bytes | Exception, content_type: str = "text/event-stream") -> FakeStream:
        upstream.stream = FakeStream(parts, content_type)
        return upstream.stream

    return say


@pytest.fixture
def client(settings: Settings, upstream: FakeUpstream) -> Iterator[TestClient]:
    with TestClient(create_app(settings, upstream), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def world() -> World:
    return World()
