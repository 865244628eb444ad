"""Calls from web pages."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from lambda_api.main import create_app
from tests.support.service.fake_upstream import FakeUpstream

CHAT = "/v1/chat/completions"
ASKED = {"model": "twin", "messages": [{"role": "user", "content": "hi"}]}
PAGE = "https://app.example.com"
PREFLIGHT = {
    "origin": PAGE,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type,x-stainless-os",
}


@pytest.fixture
def allowing(settings):
    """A client of a stage that allows some origins."""

    def allow(*origins):
        app = create_app(settings.model_copy(update={"cors_origins": origins}), FakeUpstream())
        return TestClient(app)

    return allow


@pytest.mark.parametrize("origins", [(PAGE,), ("https://b.example", PAGE), ("*",)])
@pytest.mark.parametrize("path", [CHAT, "/v1/responses", "/nope"])
def test_a_preflight_of_an_allowed_page_is_granted(allowing, origins, path):
    answer = allowing(*origins).options(path, headers=PREFLIGHT)

    assert (answer.status_code, answer.content) == (204, b"")
    granted = answer.headers["access-control-allow-origin"]
    assert granted == ("*" if "*" in origins else PAGE)
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "x-stainless-os" in answer.headers["access-control-allow-headers"]
    assert "origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://app.example.com", PAGE + ".evil.example"]
)
@pytest.mark.parametrize("origins", [(), (PAGE,)])
def test_another_page_is_refused_in_our_own_words(allowing, origins, origin):
    answer = allowing(*origins).options(CHAT, headers={**PREFLIGHT, "origin": origin})

    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.json()["error"]["code"] == "origin_not_allowed"
    assert origin in answer.json()["error"]["message"]


@pytest.mark.parametrize(("path", "status"), [("/v1/models", 200), ("/nope", 404)])
def test_an_allowed_page_may_read_answers_and_errors(allowing, path, status):
    answer = allowing(PAGE).get(path, headers={"origin": PAGE})

    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "x-request-id" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in answer.headers


def test_a_page_may_read_that_the_service_failed(settings):
    app = create_app(settings.model_copy(update={"cors_origins": [PAGE]}), object())
    answer = TestClient(app).post(CHAT, json=ASKED, headers={"origin": PAGE})

    assert answer.status_code == 500
    assert answer.headers["access-control-allow-origin"] == PAGE


def test_by_default_no_page_may_read_anything(client):
    answer = client.get("/v1/models", headers={"origin": PAGE})

    assert not [name for name in answer.headers if name.startswith("access-control")]
