"""Some of the tools, chosen."""

from __future__ import annotations

import json

import pytest

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.chat.service import payload_of
from lambda_api.engine.served_models import ServedModels
from lambda_api.errors import InvalidRequestError

TOOLS = [{"type": "function", "function": {"name": name}} for name in ("f", "g", "h")]

NAMELESS = {
    "type": "allowed_tools",
    "allowed_tools": {"mode": "auto", "tools": [{"type": "function"}]},
}


def sent(choice, tools=TOOLS):
    request = ChatCompletionRequest.model_validate(
        {
            "model": "twin",
            "messages": [{"role": "user", "content": "hi"}],
            "tools": tools,
            "tool_choice": choice,
        }
    )
    return json.loads(payload_of(request, ServedModels("twin")))


def allowed(*names, mode="auto"):
    tools = [{"type": "function", "function": {"name": name}} for name in names]
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": tools}}


@pytest.mark.parametrize("mode", ["auto", "required"])
def test_allowed_tools_are_the_only_ones_an_engine_sees(mode):
    payload = sent(allowed("h", "f", mode=mode))

    assert payload["tools"] == [TOOLS[0], TOOLS[2]]
    assert payload["tool_choice"] == mode


@pytest.mark.parametrize(
    "choice", ["auto", "none", {"type": "function", "function": {"name": "f"}}]
)
def test_another_choice_passes(choice):
    payload = sent(choice)

    assert (payload["tool_choice"], payload["tools"]) == (choice, TOOLS)


@pytest.mark.parametrize(
    ("choice", "param"),
    [
        (allowed("f", "x"), "tool_choice.allowed_tools.tools[1]"),
        (allowed(), "tool_choice.allowed_tools.tools"),
        (allowed("f", mode="none"), "tool_choice.allowed_tools.mode"),
        ({"type": "allowed_tools"}, "tool_choice.allowed_tools"),
        ({"type": "allowed_tools", "allowed_tools": None}, "tool_choice.allowed_tools"),
        ({"type": "function"}, "tool_choice.function"),
        ({"type": "allowed_tools", "allowed_tools": 5}, "tool_choice.allowed_tools"),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [{"type": "function"}]},
            },
            "tool_choice.allowed_tools.tools[0].function",
        ),
    ],
)
def test_a_malformed_choice_is_refused_by_its_field(choice, param):
    with pytest.raises(InvalidRequestError) as refusal:
        sent(choice)

    assert refusal.value.param == param
