"""Streamed completions."""

from __future__ import annotations

import json

from openai.types import Completion

from lambda_api.chat.stream import ChatStream
from lambda_api.completions.stream import CompletionStream
from lambda_api.errors import StreamBrokenError
from tests.support.service.fake_upstream import FakeStream
from tests.support.service.standin_runtime import DONE, chunk, completion_events, event


def read(*parts):
    source = FakeStream(parts)
    chat = ChatStream(source, model_id="twin", choices=1, shows_usage=True)
    return b"".join(CompletionStream(chat)), source


def test_each_word_is_an_event_of_a_text():
    raw, _ = read(*completion_events(["Grüß ", "dich"]))

    events = raw.decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    chunks = [json.loads(told.removeprefix("data: ")) for told in events[:-2]]
    # OpenAI's type knows no chunk without an end, OpenAI's API sends them.
    Completion.model_validate(chunks[-2])
    assert [c["choices"][0]["text"] for c in chunks[:-1]] == ["Grüß ", "dich", ""]
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["usage"]["completion_tokens"] == 2
    assert {c["model"] for c in chunks} == {"twin"}
    assert {c["object"] for c in chunks} == {"text_completion"}


def test_a_failure_midway_is_one_error_event_without_an_end():
    raw, _ = read(event(chunk("Hi")), StreamBrokenError("it broke"))

    assert b'"text": "Hi"' in raw
    assert b'data: {"error"' in raw
    assert DONE not in raw


def test_closing_closes_the_source():
    source = FakeStream([])
    CompletionStream(ChatStream(source, model_id="m", choices=1, shows_usage=False)).close()

    assert source.closed == 1
