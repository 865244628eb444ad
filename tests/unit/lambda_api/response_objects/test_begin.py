"""Responses before the answer."""

from __future__ import annotations

import pytest

from lambda_api.response_objects.begin import begun
from lambda_api.response_requests.schemas import ResponseRequest
from tests.support.service.openai_types import check_response


def told(**fields):
    request = ResponseRequest.model_validate({"model": "twin", "input": "hi"} | fields)
    response = begun(request, is_kept=False).model_dump()
    check_response(response)
    return response


@pytest.mark.parametrize(
    ("field", "default", "sent"),
    [
        ("presence_penalty", 0.0, 0.5),
        ("frequency_penalty", 0.0, -0.5),
        ("top_logprobs", 0, 3),
        ("temperature", 1.0, 0.0),
        ("top_p", 1.0, 0.5),
        ("max_tool_calls", None, 4),
        ("max_output_tokens", None, 40),
        ("safety_identifier", None, "user-1"),
        ("prompt_cache_key", None, "key-1"),
        ("truncation", "disabled", "auto"),
        ("instructions", None, "be brief"),
        ("parallel_tool_calls", True, False),
        ("tool_choice", "auto", "none"),
    ],
)
def test_an_option_is_told_back_or_else_the_apis_default(field, default, sent):
    assert told()[field] == default
    assert told(**{field: sent})[field] == sent


def test_parts_that_were_not_sent_have_the_apis_default():
    schema = {"type": "json_schema", "name": "n", "schema": {}}

    assert told()["reasoning"] == {"effort": None, "summary": None}
    assert told(reasoning={"effort": "low"})["reasoning"] == {"effort": "low", "summary": None}
    assert told(text={"format": schema})["text"] == {
        "format": schema | {"description": None, "strict": False},
        "verbosity": "medium",
    }
    assert told(text={"verbosity": "low"})["text"] == {
        "format": {"type": "text"},
        "verbosity": "low",
    }


def test_the_tier_told_is_the_one_there_is():
    assert told(service_tier="flex")["service_tier"] == "default"


@pytest.mark.parametrize("strict", [True, False, None])
def test_a_function_has_every_field(strict):
    (tool,) = told(tools=[{"type": "function", "name": "f", "strict": strict}])["tools"]

    assert tool == {
        "type": "function",
        "name": "f",
        "description": None,
        "parameters": None,
        "strict": bool(strict),
    }
