"""Completions over HTTP."""

from __future__ import annotations

from tests.support.service.fake_queue import answer
from tests.support.service.standin_runtime import completion_events

URL = "/v1/completions"
ASKED = {"model": "twin", "prompt": "hi"}


def test_a_whole_answer_is_a_text_completion(client, upstream):
    upstream.answer = answer("Hello")
    told = client.post(URL, json=ASKED).json()

    assert (told["object"], told["model"]) == ("text_completion", "twin")
    assert told["choices"][0]["text"] == "Hello"


def test_a_streamed_answer_is_events(client, says):
    says(*completion_events(["Hello"]))
    told = client.post(URL, json={**ASKED, "stream": True})

    assert told.headers["content-type"].startswith("text/event-stream")
    assert '"text": "Hello"' in told.text
    assert told.text.endswith("data: [DONE]\n\n")


def test_another_model_is_unknown(client):
    assert client.post(URL, json={**ASKED, "model": "gpt"}).status_code == 404


def test_a_missing_prompt_is_named(client):
    assert client.post(URL, json={"model": "twin"}).json()["error"]["param"] == "prompt"
