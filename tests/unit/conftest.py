"""What unit tests share: the service's settings and an upstream, and a project to configure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_api.chat.service import ChatService
from lambda_api.settings import Settings
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
    return ChatService("twin", lambda: upstream)


@pytest.fixture
def says(upstream: FakeUpstream) -> Callable[..., FakeStream]:
    """Makes the upstream stream these parts."""

    def say(*parts: bytes | Exception, content_type: str = "text/event-stream") -> FakeStream:
        upstream.stream = FakeStream(parts, content_type)
        return upstream.stream

    return say


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project's root directory, with a file that passes for a GGUF model."""
    (tmp_path / "config").mkdir()
    demo = tmp_path / "model_artifacts" / "demo"
    demo.mkdir(parents=True)
    (demo / "tiny.gguf").write_bytes(b"GGUF")
    return tmp_path
