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
from lambda_api.response_objects.from_chat_answer import (
    failed,
    finished,
    logprobs_in,
    outcome_of,
    placed,
    usage_of,
)
from lambda_api.response_objects.schemas import OutputMessage, OutputText
from tests.support.service.fake_queue import answer


def message(text):
    return OutputMessage(id="msg_1", status="completed", content=[OutputText(text=text)])


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


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_what_the_model_thought_comes_first(field):
    said = {"content": "4", field: "2 and 2"}
    thoughts, words = outcome_of(completion(said)).output

    assert thoughts.type == "reasoning"
    assert thoughts.content[0].text == "2 and 2"
    assert words.content[0].text == "4"


def test_items_are_named_after_their_response_and_place():
    call = {"function": {"name": "f", "arguments": "{}"}}
    said = {"content": "a", "reasoning": "b", "tool_calls": [call]}
    outcome = placed(outcome_of(completion(said)), f"resp_{'0' * 32}")

    assert [item.id for item in outcome.output] == [
        f"rs_{'0' * 32}o0",
        f"msg_{'0' * 32}o1",
        f"fc_{'0' * 32}o2",
    ]


def test_log_probabilities_have_every_field_of_openais():
    token = {"token": "ü", "logprob": -0.5, "top_logprobs": [{"token": "u", "logprob": -1.0}]}

    assert logprobs_in({"logprobs": {"content": [token | {"bytes": None}]}}) == [
        {
            "token": "ü",
            "bytes": [195, 188],
            "logprob": -0.5,
            "top_logprobs": [{"token": "u", "bytes": [117], "logprob": -1.0}],
        }
    ]
    assert logprobs_in({"logprobs": None}) == logprobs_in({}) == []


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
