"""The format of requests for responses."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from lambda_api.response_requests.schemas import InputItem, ResponseRequest


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ({"role": "user", "content": "x"}, "message"),
        ({"id": "msg_1", "role": "assistant", "content": "x"}, "message"),
        ({"id": "msg_1"}, "item_reference"),
        ({"type": None, "id": "msg_1"}, "item_reference"),
        ({"type": "function_call", "id": "fc_1"}, "function_call"),
    ],
)
def test_messages_and_references_go_without_a_type(item, kind):
    assert InputItem.model_validate(item).kind == kind


@pytest.mark.parametrize(
    "field",
    [
        {"top_logprobs": 21},
        {"presence_penalty": 3},
        {"truncation": "middle"},
        {"reasoning": {"effort": "hard"}},
        {"max_tool_calls": 0},
        {"metadata": {str(n): "x" for n in range(17)}},
        {"tool_choice": "sometimes"},
        {"text": {"verbosity": "loud"}},
    ],
)
def test_values_beyond_openais_are_refused(field):
    with pytest.raises(ValidationError):
        ResponseRequest.model_validate({"model": "twin", "input": "hi"} | field)
