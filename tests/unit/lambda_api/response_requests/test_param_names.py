"""Errors about a chat completion, in the words of a response request."""

from __future__ import annotations

import pytest

from lambda_api.errors import InvalidRequestError
from lambda_api.response_requests.param_names import in_response_terms, response_param


@pytest.mark.parametrize(
    ("chat", "response"),
    [
        ("response_format.json_schema.schema", "text.format.schema"),
        ("response_format.type", "text.format.type"),
        ("tools[12].function.parameters", "tools[12].parameters"),
        ("tools", "tools"),
        ("tool_choice.function.name", "tool_choice.name"),
        ("max_tokens", "max_output_tokens"),
        ("messages[3].content[0].type", "input"),
        ("messages", "input"),
        ("top_k", "top_k"),
    ],
)
def test_a_field_has_the_name_the_caller_gave(chat, response):
    assert response_param(chat) == response


def test_the_error_says_it_too():
    with pytest.raises(InvalidRequestError) as raised, in_response_terms():
        raise InvalidRequestError("max_tokens: must be a number", param="max_tokens")

    assert raised.value.message == "max_output_tokens: must be a number"
    assert raised.value.param == "max_output_tokens"


def test_an_error_about_no_field_stays():
    with pytest.raises(InvalidRequestError, match="max_tokens"), in_response_terms():
        raise InvalidRequestError("max_tokens are too many")
