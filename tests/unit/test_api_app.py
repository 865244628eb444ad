"""The app over ASGI, with an upstream that says what it is told."""

from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient

from lambda_api.chat.service import MAX_PAYLOAD_BYTES
from lambda_api.errors import NotReadyError, ThrottledError
from lambda_api.main import create_app

CHAT = "/v1/chat/completions"
HI = {"role": "user", "content": "hi"}
LIMIT = MAX_PAYLOAD_BYTES


@pytest.fixture
def app(settings, upstream):
    return create_app(settings, upstream)


@pytest.fixture
def client(app):
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def line(capfd):
    """The log line of the last request."""
    return json.loads(capfd.readouterr().out.strip().splitlines()[-1])


def test_health_asks_no_upstream(client, upstream):
    assert client.get("/health").json() == {"status": "ok"}
    assert upstream.payloads == []


def test_the_one_model_is_listed_and_found(client):
    (model,) = client.get("/v1/models").json()["data"]

    assert model["id"] == "twin"
    assert model["object"] == "model"
    assert client.get("/v1/models/twin").json() == model


def test_another_model_is_not_found(client):
    answer = client.get("/v1/models/meta/llama")

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "model_not_found"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", CHAT, 405, "method_not_allowed"),
        ("DELETE", "/v1/models", 405, "method_not_allowed"),
    ],
)
def test_unknown_routes_and_methods_have_openais_shape(client, method, path, status, code):
    answer = client.request(method, path)

    assert answer.status_code == status
    assert answer.json()["error"] == {
        "message": answer.json()["error"]["message"],
        "type": "invalid_request_error",
        "param": None,
        "code": code,
    }


@pytest.mark.parametrize(
    ("fields", "param", "message"),
    [
        ({"messages": []}, "messages", "at least 1 item"),
        ({"messages": None}, "messages", "valid list"),
        ({"model": None}, "model", "valid string"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages[0].role", "'system'"),
        ({"messages": [HI, {"content": "x"}]}, "messages[1].role", "field required"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content", "got 5"),
        ({"messages": [{"role": "user", "content": [{"text": "x"}]}]}, "messages[0].content", ""),
        ({"temperature": 2.5}, "temperature", "less than or equal to 2, got 2.5"),
        ({"temperature": "hot"}, "temperature", "valid number, got 'hot'"),
        ({"top_p": -1}, "top_p", "greater than or equal to 0"),
        ({"n": 0}, "n", "greater than or equal to 1"),
        ({"max_tokens": 1.5}, "max_tokens", "valid integer"),
        ({"stream": "yes"}, "stream", "valid boolean"),
        ({"stop": 7}, "stop", "got 7"),
        ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage", "boolean"),
    ],
)
def test_a_wrong_field_is_a_400_that_names_it(client, upstream, fields, param, message):
    answer = client.post(CHAT, json={"model": "twin", "messages": [HI], **fields})
    error = answer.json()["error"]

    assert answer.status_code == 400
    assert error["type"] == "invalid_request_error"
    assert error["param"] == param
    assert message in error["message"]
    assert upstream.payloads == []


def test_a_long_value_is_quoted_in_part(client):
    answer = client.post(CHAT, json={"model": "twin", "messages": "x" * 5000})

    assert len(answer.json()["error"]["message"]) < 200


RUBBISH = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"42",
    b'"text"',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"model": "twin", "messages": [{"role": "user", "content": "\\ud800"}]}',
    b'{"model": "twin", "messages": [{"role": "user", "content": "x"}], "x": "\\ud800"}',
    b'{"model": "twin", "messages": [{"role": "user"}], "x": ' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"model": "twin", "messages": [{"role": "user"}], "seed": ' + b"9" * 5000 + b"}",
    b"model=twin&messages=hi",
    b"--boundary\r\n",
]


@pytest.mark.parametrize("body", RUBBISH, ids=range(len(RUBBISH)))
def test_rubbish_is_a_400_in_openais_shape(client, upstream, body):
    for content_type in ("application/json", "text/plain", "", "//;=;"):
        headers = {"content-type": content_type} if content_type else {}
        answer = client.post(CHAT, content=body, headers=headers)

        assert answer.status_code == 400
        assert answer.json()["error"]["type"] == "invalid_request_error"
    assert upstream.payloads == []


def test_json_needs_no_content_type(client, upstream):
    body = json.dumps({"model": "twin", "messages": [HI]}).encode()

    assert client.post(CHAT, content=body).status_code == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_a_413(client, chunked):
    body = b"x" * (LIMIT + 1)
    answer = client.post(CHAT, content=iter([body[:LIMIT], body[LIMIT:]]) if chunked else body)

    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "request_too_large"
    assert f"at most {LIMIT}" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("error", "status"), [(ThrottledError("busy"), 429), (NotReadyError("no"), 503)]
)
def test_what_passes_says_when_to_come_back(client, upstream, error, status):
    upstream.answer = error

    answer = client.post(CHAT, json={"model": "twin", "messages": [HI]})

    assert answer.status_code == status
    assert int(answer.headers["retry-after"]) > 0


def test_a_bug_is_a_500_that_tells_nothing(client, upstream, monkeypatch, capfd):
    def broken(*_asked):
        raise RuntimeError("secret prompt")

    monkeypatch.setattr(upstream, "complete", broken)

    answer = client.post(CHAT, json={"model": "twin", "messages": [HI]})

    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "server_error"
    assert "secret" not in answer.text + capfd.readouterr().out


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


def test_each_request_has_one_line_with_its_metrics(client, upstream, capfd):
    upstream.answer = b'{"model":"x","usage":{"prompt_tokens":3,"completion_tokens":2}}'
    answer = client.post(
        CHAT,
        json={"model": "twin", "messages": [{"role": "user", "content": "secret prompt"}]},
        headers={
            "authorization": "Bearer secret-key",
            "x-amzn-request-context": json.dumps({"requestId": "abc-123", "identity": {}}),
        },
    )
    written = capfd.readouterr().out
    record = json.loads(written)

    assert answer.headers["x-request-id"] == record["request_id"] == "abc-123"
    assert record["status"] == 200
    assert record["route"] == f"POST {CHAT}"
    assert record["model"] == "twin"
    assert record["PromptTokens"] == [3]
    assert record["CompletionTokens"] == [2]
    assert record["Failures"] == [0]
    assert record["Duration"][0] > 0
    assert record["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service", "stage", "route"]]
    assert "secret" not in written


def test_a_refused_request_is_logged_with_its_reason(client, upstream, capfd):
    upstream.answer = NotReadyError("no", reason="ModelNotReadyException")
    client.post(CHAT, json={"model": "twin", "messages": [HI]})
    record = line(capfd)

    assert record["status"] == 503
    assert record["Failures"] == [1]
    assert record["error"] == "NotReadyError"
    assert record["reason"] == "ModelNotReadyException"


@pytest.mark.parametrize(
    "context", ["", "{", "[]", "{}", '{"requestId": 5}', '{"requestId": "a\\nb"}']
)
def test_without_a_sound_id_a_request_gets_one(client, context):
    answer = client.get("/health", headers={"x-amzn-request-context": context})

    assert len(answer.headers["x-request-id"]) == 32
