"""Whole answers, and what the engine gets."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lambda_api.admission.request import Admission
from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.chat.service import MAX_PAYLOAD_BYTES
from lambda_api.engine.json_fields import Usage
from lambda_api.errors import (
    InvalidRequestError,
    RequestTooLargeError,
    UnknownFieldError,
    UnknownModelError,
)

DONE = b"data: [DONE]\n\n"


def request(**fields):
    body = {"model": "twin", "messages": [{"role": "user", "content": "hi"}], **fields}
    return ChatCompletionRequest.model_validate(body)


def test_model_is_left_out_and_usage_asked_for(service, upstream, says):
    says(DONE)
    service.stream(
        request(stream=True, stream_options={"include_usage": False, "include_obfuscation": False})
    )

    assert json.loads(upstream.payloads[0]) == {
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True, "include_obfuscation": False},
    }


CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def test_samplers_and_nulls_pass_through(service, upstream):
    fields = {
        "top_k": 40,
        "temperature": None,
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "x"}]},
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "content": "é", "tool_call_id": "1"},
        ],
    }
    service.complete(request(**fields))

    streamed = {"stream": True, "stream_options": {"include_usage": True}}
    assert json.loads(upstream.payloads[0]) == fields | streamed


def test_another_model_is_unknown(service):
    with pytest.raises(UnknownModelError, match="'gpt' does not exist, this API serves 'twin'"):
        service.complete(request(model="gpt"))


def test_a_payload_over_the_limit_is_refused(service):
    text = "x" * MAX_PAYLOAD_BYTES
    with pytest.raises(RequestTooLargeError, match="at most 6291456"):
        service.complete(request(messages=[{"role": "user", "content": text}]))


def test_what_json_cannot_carry_is_refused(service):
    nested = []
    for _ in range(600):
        nested = [nested]
    for rubbish in (nested, "\ud800"):
        with pytest.raises(InvalidRequestError):
            service.complete(request(metadata=rubbish))


def test_a_field_that_reaches_into_the_engine_is_refused_unless_config_names_it(service, upstream):
    asked = request(grammar='root ::= "blue"')

    with pytest.raises(UnknownFieldError, match="grammar: is no field of this API") as refusal:
        service.complete(asked)
    replace(service, admission=Admission(frozenset({"grammar"}))).complete(asked)

    assert refusal.value.param == "grammar"
    assert [json.loads(sent)["grammar"] for sent in upstream.payloads] == ['root ::= "blue"']


def test_the_answer_carries_the_name_clients_know(service, upstream):
    upstream.answer = json.dumps(
        {
            "model": 'quoted "name"',
            "choices": [{"message": {"content": '"model":"x"'}}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2},
        }
    ).encode()

    completion = service.complete(request())

    assert json.loads(completion.body)["model"] == "twin"
    assert json.loads(completion.body)["choices"][0]["message"]["content"] == '"model":"x"'
    assert completion.usage == Usage(3, 2)


@pytest.mark.parametrize("answer", [b"", b"plain", b'{"usage": null}', b'{"usage":{"a":1}}'])
def test_an_answer_without_usage_is_passed_on(service, upstream, answer):
    upstream.answer = answer

    assert service.complete(request()).body == answer
    assert service.complete(request()).usage is None
