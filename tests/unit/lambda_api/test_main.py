"""The app as it is put together."""

from __future__ import annotations

import pytest

CHAT = "/v1/chat/completions"


def test_the_schema_knows_the_stage_and_openais_errors(client):
    schema = client.get("/openapi.json").json()
    responses = schema["paths"][CHAT]["post"]["responses"]

    assert schema["servers"] == [{"url": "/live"}]
    assert set(responses) == {"200", "202", "4XX", "5XX"}
    assert set(responses["200"]["content"]) == {"application/json", "text/event-stream"}
    assert "/live/openapi.json" in client.get("/docs").text


@pytest.mark.parametrize("prefix", ["", "/live"])
def test_routes_answer_with_and_without_the_stage_in_the_path(client, prefix):
    assert client.get(f"{prefix}/v1/models").status_code == 200
