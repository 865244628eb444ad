"""A chat completion request as the response that answers it later."""

from __future__ import annotations

import pytest

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.response_requests.from_chat_request import response_request

FUNCTION = {"name": "f", "parameters": {"type": "object"}}


def told(**fields):
    body = {"model": "twin", "messages": [{"role": "user", "content": "hi"}], **fields}
    return response_request(ChatCompletionRequest.model_validate(body))


def test_options_get_the_names_that_responses_have_for_them():
    request = told(max_tokens=7, temperature=0.5, top_p=0.9, metadata={"a": "b"})

    assert (request.model, request.max_output_tokens) == ("twin", 7)
    assert (request.temperature, request.top_p, request.metadata) == (0.5, 0.9, {"a": "b"})


def test_the_newer_limit_comes_first():
    assert told(max_tokens=7, max_completion_tokens=9).max_output_tokens == 9


def test_a_functions_fields_stand_beside_its_type():
    request = told(
        tools=[{"type": "function", "function": FUNCTION}],
        tool_choice={"type": "function", "function": {"name": "f"}},
    )

    assert request.tools[0].name == request.tool_choice.name == "f"


def test_a_schema_is_the_texts_format():
    schema = {"name": "s", "schema": {"type": "object"}}
    request = told(response_format={"type": "json_schema", "json_schema": schema})

    assert request.text.format.type == "json_schema"
    assert request.text.format.schema_ == {"type": "object"}


@pytest.mark.parametrize(
    "odd", [{"tools": 5}, {"tools": [{}]}, {"tool_choice": {"x": 1}}, {"metadata": {"a": 5}}]
)
def test_what_only_the_engine_can_judge_is_left_out(odd):
    request = told(temperature=0.5, **odd)

    assert request.temperature == 0.5
    assert request.tools is request.tool_choice is request.metadata is None
