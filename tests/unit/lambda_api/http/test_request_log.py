"""The line of each request."""

from __future__ import annotations

import io
import json
import sys

import pytest

from lambda_api.errors import NotReadyError

CHAT = "/v1/chat/completions"

HI = {"role": "user", "content": "hi"}


def line(capfd):
    """The log line of the last request."""
    return json.loads(capfd.readouterr().out.strip().splitlines()[-1])


def test_a_bug_is_a_500_that_tells_nothing(client, upstream, monkeypatch, capfd):
    def broken(*_asked):
        raise RuntimeError("secret prompt")

    monkeypatch.setattr(upstream, "open_stream", broken)

    answer = client.post(CHAT, json={"model": "twin", "messages": [HI]})

    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "server_error"
    assert "secret" not in answer.text + capfd.readouterr().out


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


def test_a_line_is_one_write_so_threads_cannot_share_it(client, upstream, monkeypatch):
    writes: list[str] = []

    class Recorder(io.StringIO):
        def write(self, text: str) -> int:
            writes.append(text)
            return len(text)

    monkeypatch.setattr(sys, "stdout", Recorder())
    client.post(CHAT, json={"model": "twin", "messages": [HI]})
    assert [text.count("\n") for text in writes] == [1]
    assert writes[0].endswith("\n")
