"""Completions in the words of chat completions, and back."""

from __future__ import annotations

import json

import pytest
from openai.types import Completion

from lambda_api.completions.schemas import CompletionRequest
from lambda_api.completions.translation import chat_request, completion, completion_chunk
from lambda_api.errors import EngineError, InvalidRequestError


def asked(**fields):
    request = CompletionRequest.model_validate({"model": "twin", "prompt": "A twin is", **fields})
    return json.loads(chat_request(request).written(exclude_unset=True))


MESSAGES = [{"role": "user", "content": "A twin is"}]


@pytest.mark.parametrize("prompt", ["A twin is", ["A twin is"]])
def test_a_prompt_is_the_message_of_a_user(prompt):
    assert asked(prompt=prompt) == {"model": "twin", "messages": MESSAGES, "max_tokens": 16}


def test_options_are_those_of_a_chat():
    options = {
        "max_tokens": 5,
        "temperature": 0.5,
        "top_p": 0.9,
        "n": 2,
        "stop": ["."],
        "seed": 1,
        "presence_penalty": 1,
        "frequency_penalty": -1,
        "user": "u",
        "logit_bias": {"5": 1},
        "top_k": 3,
        "stream": True,
        "stream_options": {"include_usage": True},
    }

    assert asked(**options) == {"model": "twin", "messages": MESSAGES, **options}


def test_what_says_nothing_is_left_out():
    nothing = {"echo": False, "logprobs": None, "suffix": "", "best_of": 2, "n": 2}

    assert asked(**nothing) == {"model": "twin", "messages": MESSAGES, "max_tokens": 16, "n": 2}


@pytest.mark.parametrize(
    ("fields", "param", "why"),
    [
        ({"prompt": [1, 2]}, "prompt", "token ids"),
        ({"prompt": [[1, 2]]}, "prompt", "token ids"),
        ({"prompt": ["a", "b"]}, "prompt", "got 2 prompts"),
        ({"echo": True}, "echo", "never holds the prompt"),
        ({"logprobs": 0}, "logprobs", "chat completions have it"),
        ({"suffix": "x"}, "suffix", "fills no gap"),
        ({"best_of": 3, "n": 2}, "best_of", "must be what n is (2)"),
        ({"best_of": 2}, "best_of", "must be what n is (1)"),
        ({"messages": []}, "messages", "/v1/chat/completions"),
        ({"tools": [{}]}, "tools", "/v1/chat/completions"),
    ],
)
def test_what_only_a_raw_continuation_has_is_refused(fields, param, why):
    with pytest.raises(InvalidRequestError) as refusal:
        asked(**fields)

    assert refusal.value.param == param
    assert why in refusal.value.message


USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
ANSWER = {
    "id": "chatcmpl-7",
    "object": "chat.completion",
    "created": 7,
    "model": "twin",
    "system_fingerprint": "b1",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Hi 👋"}, "finish_reason": "stop"},
        {"index": 1, "message": {"role": "assistant", "content": None}, "finish_reason": "length"},
    ],
    "usage": USAGE,
}


def test_an_answer_is_a_text_completion():
    answer = json.loads(completion(json.dumps(ANSWER).encode()))

    Completion.model_validate(answer, strict=True)
    assert answer == {
        "id": "cmpl-7",
        "object": "text_completion",
        "created": 7,
        "model": "twin",
        "system_fingerprint": "b1",
        "choices": [
            {"text": "Hi 👋", "index": 0, "logprobs": None, "finish_reason": "stop"},
            {"text": "", "index": 1, "logprobs": None, "finish_reason": "length"},
        ],
        "usage": USAGE,
    }


@pytest.mark.parametrize("answer", [b"", b"[]", b'{"choices":[7]}', b'{"choices":[{}]}', b"{}"])
def test_an_answer_that_is_none_is_the_engines_failure(answer):
    with pytest.raises(EngineError):
        completion(answer)


def test_a_chunk_without_text_is_left_out():
    assert completion_chunk({"choices": [{"index": 0, "delta": {"role": "assistant"}}]}) is None


def test_the_chunk_of_the_usage_stays():
    assert completion_chunk({"id": "chatcmpl-7", "choices": [], "usage": USAGE}) == {
        "id": "cmpl-7",
        "object": "text_completion",
        "choices": [],
        "usage": USAGE,
    }
