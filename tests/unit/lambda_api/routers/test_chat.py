"""Chat completions over HTTP."""

from __future__ import annotations

from lambda_api.errors import NotReadyError
from tests.support.service.fake_queue import answer

CHAT = {"model": "twin", "messages": [{"role": "user", "content": "hi"}]}
URL = "/v1/chat/completions"


def test_a_whole_answer_is_json(client, upstream):
    upstream.answer = answer("Hello")
    told = client.post(URL, json=CHAT)

    assert told.headers["content-type"] == "application/json"
    assert told.json()["choices"][0]["message"]["content"] == "Hello"
    assert told.json()["model"] == "twin"


def test_a_streamed_answer_is_events(client, says):
    says(b'data: {"choices":[{"finish_reason":"stop"}]}\n\n', b"data: [DONE]\n\n")
    told = client.post(URL, json={**CHAT, "stream": True})

    assert told.headers["content-type"].startswith("text/event-stream")
    assert told.text.endswith("data: [DONE]\n\n")


def test_a_stream_that_cannot_begin_is_a_real_status(client, upstream, monkeypatch):
    def refuse(*_args):
        raise NotReadyError("no")

    monkeypatch.setattr(upstream, "open_stream", refuse)

    assert client.post(URL, json={**CHAT, "stream": True}).status_code == 503
