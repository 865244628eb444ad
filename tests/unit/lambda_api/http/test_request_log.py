"""The line of each request."""

from __future__ import annotations

import asyncio
import json

import pytest

from lambda_api.errors import NotReadyError
from lambda_api.main import create_app
from tests.support.service.responses_app import URL, responses_app
from tests.support.service.standin_runtime import DONE, event, usage_chunk

CHAT = "/v1/chat/completions"

HI = {"role": "user", "content": "hi"}


@pytest.fixture
def app(settings, upstream):
    return create_app(settings, upstream)


def test_a_bug_is_a_500_that_tells_nothing(client, upstream, monkeypatch, capfd):
    def broken(*_asked):
        raise RuntimeError("secret prompt")

    monkeypatch.setattr(upstream, "open_stream", broken)

    answer = client.post(CHAT, json={"model": "twin", "messages": [HI]})

    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "server_error"
    assert "secret" not in answer.text + capfd.readouterr().out


def test_each_request_has_one_line_with_its_metrics(client, upstream, log):
    upstream.answer = b'{"model":"x","usage":{"prompt_tokens":3,"completion_tokens":2}}'
    answer = client.post(
        CHAT,
        json={"model": "twin", "messages": [{"role": "user", "content": "secret prompt"}]},
        headers={
            "authorization": "Bearer secret-key",
            "x-amzn-request-context": json.dumps({"requestId": "abc-123", "identity": {}}),
        },
    )
    (record,) = log.lines

    assert answer.headers["x-request-id"] == record["request_id"] == "abc-123"
    assert record["status"] == 200
    assert record["route"] == f"POST {CHAT}"
    assert record["model"] == "twin"
    assert record["PromptTokens"] == [3]
    assert record["CompletionTokens"] == [2]
    assert record["Failures"] == [0]
    assert record["Duration"][0] > 0
    assert record["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service", "stage", "route"]]
    assert "secret" not in "".join(log.writes)


def test_a_refused_request_is_logged_with_its_reason(client, upstream, log):
    upstream.answer = NotReadyError("no", reason="ModelNotReadyException")
    client.post(CHAT, json={"model": "twin", "messages": [HI]})
    (record,) = log.lines

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


def test_a_damaged_object_that_is_asked_for_is_a_metric(log):
    with responses_app() as app:
        response_id = app.client.post(URL, json={"model": "twin", "input": "hi"}).json()["id"]
        (key,) = app.store.objects
        app.store.put(key, b"{")
        assert app.client.get(f"{URL}/{response_id}").status_code == 500
    *_, record = log.lines

    assert record["UnreadableObjects"] == [1]
    assert response_id in record["reason"]


async def lines_by_message(app, log, **fields):
    """Ask for a completion; give the lines that were out when each message of the answer came."""
    body = json.dumps({"model": "twin", "messages": [HI], **fields}).encode()
    asked = [{"type": "http.request", "body": body, "more_body": False}]
    came = []

    async def receive():
        return asked.pop() if asked else await asyncio.Event().wait()

    async def send(message):
        came.append((message, len(log.lines)))

    headers = [(b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": CHAT,
        "headers": headers,
        "query_string": b"",
    }
    await app({**scope, "headers": headers}, receive, send)
    return came


def test_the_line_of_a_whole_answer_is_out_before_its_body(app, upstream, log):
    start, body = asyncio.run(lines_by_message(app, log))

    assert (start[0]["status"], start[1]) == (200, 0)
    assert body[0]["body"].endswith(b"}")
    assert body[1] == 1
    assert len(log.lines) == 1


def test_the_line_of_a_stream_is_out_after_its_last_byte_and_before_its_end(app, says, log):
    says(event(usage_chunk(3, 2)), DONE)
    *_, last, end = asyncio.run(lines_by_message(app, log, stream=True))

    assert last[0]["body"].endswith(DONE)
    assert last[1] == 0
    assert end == ({"type": "http.response.body", "body": b"", "more_body": False}, 1)
    (line,) = log.lines
    assert (line["CompletionTokens"], line["status"], line["streamed"]) == ([2], 200, True)
