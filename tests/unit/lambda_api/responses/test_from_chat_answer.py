"""A chat completion as the outcome of a response."""

from __future__ import annotations

import json

import pytest

from lambda_api.errors import (
    EngineError,
    InvalidRequestError,
    StreamBrokenError,
    ThrottledError,
)
from lambda_api.responses.from_chat_answer import failed, finished, message, outcome_of, usage_of
from tests.support.service.fake_queue import answer


def completion(said, finish_reason="stop"):
    return json.dumps({"choices": [{"message": said, "finish_reason": finish_reason}]}).encode()


def test_an_answer_is_a_message_and_its_usage():
    outcome = outcome_of(answer("Hello"))

    assert outcome.status == "completed"
    assert outcome.output[0].content[0].text == "Hello"
    assert (outcome.usage.input_tokens, outcome.usage.output_tokens) == (3, 2)


def test_text_and_calls_are_items_in_this_order():
    call = {"function": {"name": "f", "arguments": "{}"}}
    outcome = outcome_of(completion({"content": "wait", "tool_calls": [call, call]}))

    assert [item.type for item in outcome.output] == ["message", "function_call", "function_call"]
    assert outcome.output[1].call_id != outcome.output[2].call_id


def test_an_answer_without_words_is_an_empty_message():
    (item,) = outcome_of(completion({"content": None})).output

    assert item.content[0].text == ""


@pytest.mark.parametrize("rubbish", [b"", b"[]", b"{}", b'{"choices":[]}', completion(5)])
def test_what_is_no_completion_is_the_engines_error(rubbish):
    with pytest.raises(EngineError):
        outcome_of(rubbish)


@pytest.mark.parametrize(
    ("reason", "told"), [("length", "max_output_tokens"), ("content_filter", "content_filter")]
)
def test_what_was_cut_short_marks_its_last_item(reason, told):
    outcome = finished([message("a"), message("b")], reason, None)

    assert outcome.status == "incomplete"
    assert outcome.incomplete_details.reason == told
    assert [item.status for item in outcome.output] == ["completed", "incomplete"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidRequestError("no"), "invalid_prompt"),
        (ThrottledError("no"), "rate_limit_exceeded"),
        (StreamBrokenError("no"), "server_error"),
    ],
)
def test_a_failure_keeps_what_there_was(error, code):
    outcome = failed(error, [message("half")])

    assert (outcome.status, outcome.error.code, outcome.error.message) == ("failed", code, "no")
    assert len(outcome.output) == 1


def test_details_that_the_engine_does_not_tell_are_zero():
    usage = usage_of({"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": None})

    assert usage.total_tokens == 5
    assert usage.input_tokens_details.cached_tokens == 0
    assert usage_of(None) is None
