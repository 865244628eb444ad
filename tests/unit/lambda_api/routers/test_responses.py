"""Responses over HTTP."""

from __future__ import annotations

import pytest

from tests.support.service.responses_app import URL, responses_app


@pytest.fixture(scope="module")
def client():
    with responses_app() as app:
        yield app.client


def test_a_kept_response_is_not_streamed(client):
    kept = client.post(URL, json={"model": "twin", "input": "hi"}).json()
    asked = client.get(f"{URL}/{kept['id']}?stream=true")

    assert asked.status_code == 400
    assert asked.json()["error"]["param"] == "stream"
