"""The words for what no route takes."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from lambda_api.http.unknown_routes import reason_of_absence
from lambda_api.main import create_app


def message(client, method, path):
    answer = client.request(method, path)
    assert answer.status_code == 404
    return answer.json()["error"]["message"]


def test_an_unknown_path_is_told_what_there_is(client):
    told = message(client, "GET", "/v1/nope")

    assert told.startswith("no route GET /v1/nope; there are ")
    assert "POST /v1/chat/completions" in told
    assert "GET /v1/models/{requested_id}" in told


def test_a_base_url_without_the_version_is_told_of_it(client):
    told = message(client, "POST", "/chat/completions")

    assert "a client's base URL ends in /v1" in told


@pytest.mark.parametrize(
    ("method", "path", "why"),
    [
        ("POST", "/v1/embeddings", "makes no embeddings"),
        ("GET", "/v1/chat/completions", "not stored"),
        ("GET", "/v1/chat/completions/chatcmpl-1/messages", "not stored"),
        ("POST", "/v1/chat/completions/chatcmpl-1", "not stored"),
        ("DELETE", "/v1/chat/completions/chatcmpl-1", "not stored"),
        ("POST", "/v1/conversations", "previous_response_id"),
        ("POST", "/v1/responses/compact", "not compacted"),
        ("POST", "/v1/responses/input_tokens", "usage"),
        ("POST", "/v1/audio/speech", "not offered"),
        ("GET", "/v1/fine_tuning/jobs", "not offered"),
        ("GET", "/v1/files", "[batch]"),
        ("GET", "/v1/files", "[retrieval]"),
        ("POST", "/v1/batches/batch_1/cancel", "[batch]"),
        ("POST", "/v1/vector_stores", "[retrieval]"),
    ],
)
def test_a_part_of_openais_api_that_is_not_here_has_a_reason(client, method, path, why):
    assert why in message(client, method, path)


def test_a_stage_with_batches_is_not_told_to_have_them(settings, upstream):
    app = create_app(settings.model_copy(update={"batch_bucket": "bucket"}), upstream)

    with TestClient(app) as batch_client:
        told = message(batch_client, "GET", "/v1/files/file-1/nope")

    assert "[batch]" not in told
    assert "GET /v1/files/{file_id}" in told


def test_a_long_path_is_quoted_in_part(client):
    assert "x" * 200 not in message(client, "GET", "/v1/" + "x" * 5000)


def test_what_is_here_has_no_reason():
    assert reason_of_absence("POST", "/v1/chat/completions") is None
    assert reason_of_absence("POST", "/v1/chat/completionsx") is None
