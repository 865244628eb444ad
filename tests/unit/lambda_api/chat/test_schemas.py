"""A chat completion request on its way to the engine."""

from __future__ import annotations

import json

import pytest

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.errors import InvalidRequestError

BODY = {"model": "twin", "messages": [{"role": "user", "content": "hi"}]}


def request(**fields):
    return ChatCompletionRequest.model_validate(BODY | fields)


def test_the_same_request_for_a_whole_answer_keeps_all_but_the_streaming():
    streamed = request(stream=True, stream_options={"include_usage": True}, top_k=3)

    assert streamed.unstreamed() == request(top_k=3)


def test_the_engine_gets_neither_the_model_nor_the_cache_key():
    payload = json.loads(request(prompt_cache_key="k", top_k=3).payload())

    assert payload == {"messages": BODY["messages"], "top_k": 3}


def test_asking_for_the_usage_does_not_change_the_request():
    streamed = request(stream=True)

    assert json.loads(streamed.payload())["stream_options"] == {"include_usage": True}
    assert streamed.stream_options is None


def test_what_no_json_can_hold_is_refused():
    with pytest.raises(InvalidRequestError):
        request(extra="\ud800").written()
