"""The hook of a restore: open to the Web Adapter, and there only where it calls one."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from lambda_api.main import create_app
from lambda_api.settings import Settings
from tests.unit.lambda_api.conftest import FakeUpstream

HOOK = "/after-restore"


@pytest.fixture
def keyed(settings: Settings) -> Settings:
    """Settings with which every caller needs a key."""
    return settings.model_copy(update={"caller_identity": "key"})


def test_the_hook_has_no_caller_and_asks_the_engine(
    keyed: Settings, upstream: FakeUpstream
) -> None:
    app = create_app(keyed.model_copy(update={"after_restore_path": HOOK}), upstream)
    with TestClient(app) as client:
        assert client.post(HOOK).status_code == 204
        assert client.get("/v1/models").status_code == 401
        assert HOOK not in client.get("/openapi.json").json()["paths"]
    assert len(upstream.payloads) == 1


def test_without_a_snapshot_there_is_no_hook(keyed: Settings, upstream: FakeUpstream) -> None:
    with TestClient(create_app(keyed, upstream)) as client:
        assert client.post(HOOK).status_code == 401
    assert upstream.payloads == []
