"""Streamed answers: what the client sees, and what the endpoint was asked."""

from __future__ import annotations

import time

import openai
import pytest

from tests.support.service.standin_runtime import (
    CUT,
    DONE,
    Fault,
    Stream,
    chunk,
    completion_events,
    event,
)

WORDS = ["Grüß ", "dich", " 👋"]
FIRST = event(chunk("Hi"))


def test_words_come_as_they_were_made(runtime, texts):
    runtime.answer = Stream(completion_events(WORDS))

    assert [text for text in texts() if text] == WORDS


def test_parts_cut_at_every_byte_come_out_whole(runtime, texts):
    whole = b"".join(completion_events(WORDS))
    runtime.answer = Stream([bytes([byte]) for byte in whole])

    assert [text for text in texts() if text] == WORDS


@pytest.mark.parametrize("at", range(1, 400, 37))
def test_parts_cut_in_two_anywhere_come_out_whole(runtime, texts, at):
    whole = b"".join(completion_events(WORDS))
    runtime.answer = Stream([whole[:at], whole[at:]])

    assert [text for text in texts() if text] == WORDS


def test_a_word_is_not_kept_until_the_next_one(runtime, ask):
    runtime.answer = Stream([FIRST, 60.0, *completion_events(["later"])])
    started = time.perf_counter()

    next(iter(ask(stream=True)))

    assert time.perf_counter() - started < 30


def test_the_endpoint_gets_the_request_but_for_the_model(runtime, texts):
    runtime.answer = Stream(completion_events(WORDS))
    texts(temperature=0.5, extra_body={"top_k": 40, "metadata": {"ü": [1, None]}})
    (received,) = runtime.received

    assert received.path == "/endpoints/twin-local/invocations-response-stream"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["authorization"].startswith("AWS4-HMAC-SHA256")
    assert received.json == {
        "messages": [{"role": "user", "content": "Grüß dich 👋"}],
        "temperature": 0.5,
        "stream": True,
        "stream_options": {"include_usage": True},
        "top_k": 40,
        "metadata": {"ü": [1, None]},
    }


@pytest.mark.parametrize("asks", [True, False])
def test_usage_comes_when_asked_for(runtime, ask, asks):
    runtime.answer = Stream(completion_events(WORDS, prompt=7))
    chunks = list(ask(stream=True, stream_options={"include_usage": asks}))

    usages = [c.usage.total_tokens for c in chunks if c.usage]

    assert usages == ([10] if asks else [])
    assert {c.model for c in chunks} == {"twin"}


def test_json_lines_are_streamed_as_events(runtime, texts):
    lines = [chunk(word) + b"\n" for word in WORDS]
    last = chunk("", delta={}, finish_reason="stop") + b"\n"
    runtime.answer = Stream([*lines, last], "application/jsonlines")

    assert [text for text in texts() if text] == WORDS


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([Fault("ModelStreamError", "the container broke off")], "stopped before"),
        ([Fault("InternalStreamFailure", "oops")], "stopped before"),
        ([CUT], "stopped before"),
        ([], "stopped before"),
        ([2.0], "did not answer in time"),
    ],
    ids=["model stream error", "internal failure", "cut", "engine died", "silence"],
)
def test_a_failure_midway_is_an_error_the_client_raises(runtime, ask, steps, message):
    runtime.answer = Stream([FIRST, *steps])
    chunks = iter(ask(stream=True))

    assert next(chunks).choices[0].delta.content == "Hi"
    with pytest.raises(openai.APIError, match=message):
        next(chunks)


def test_the_next_request_succeeds_after_a_failure(runtime, ask, texts):
    runtime.answer = Stream([FIRST, CUT])
    with pytest.raises(openai.APIError):
        list(ask(stream=True))

    runtime.answer = Stream(completion_events(WORDS))

    assert [text for text in texts() if text] == WORDS


@pytest.mark.parametrize("said", [[FIRST], []], ids=["midway", "before the first word"])
def test_a_client_that_leaves_stops_the_upstream_read(runtime, client, said):
    """Well before the read timeout, while the reading thread is blocked."""
    runtime.answer = Stream([*said, 0.9, *[FIRST, 0.9] * 5, DONE])
    with client.chat.completions.with_streaming_response.create(
        model="twin", messages=[{"role": "user", "content": "hi"}], stream=True
    ) as answer:
        if said:
            next(answer.iter_bytes())

    assert runtime.client_left.wait(0.8)


def test_streams_run_beside_each_other(runtime, ask):
    runtime.answer = Stream([FIRST, 0.2, *completion_events(WORDS)])
    started = time.perf_counter()

    streams = [ask(stream=True) for _ in range(50)]
    for stream in streams:
        assert len(list(stream)) == 1 + len(WORDS) + 1

    assert time.perf_counter() - started < 10
