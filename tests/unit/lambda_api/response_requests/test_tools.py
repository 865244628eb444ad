"""The tools that a request's model is offered."""

from __future__ import annotations

import pytest

from lambda_api.errors import InvalidRequestError
from lambda_api.response_requests.schemas import ResponseRequest
from lambda_api.response_requests.tools import offer_of

F = {"type": "function", "name": "f"}
G = {"type": "function", "name": "g", "description": "G", "parameters": {"type": "object"}}
HOSTED = [
    {"type": "web_search"},
    {"type": "apply_patch"},
    {"type": "code_interpreter", "container": {"type": "auto"}},
    {"type": "computer_use_preview", "display_width": 1, "display_height": 1},
    {"type": "mcp", "server_label": "deepwiki", "server_url": "https://example.com"},
    {"type": "image_generation"},
    {"type": "namespace", "name": "mcp", "description": "d", "tools": [F]},
    {"type": "custom", "name": "apply_patch", "format": {"type": "text"}},
    {"type": "local_shell"},
]


def offer(**fields):
    return offer_of(ResponseRequest.model_validate({"model": "twin", "input": "hi"} | fields))


def names(offered):
    return [tool.name for tool in offered.functions]


def allowed(*tools, mode="auto"):
    return {"type": "allowed_tools", "mode": mode, "tools": list(tools)}


def test_functions_are_offered_and_all_other_tools_left_out():
    offered = offer(tools=[*HOSTED, F, {"type": "web_search"}, G])

    assert names(offered) == ["f", "g"]
    assert offered.left_out == [tool["type"] for tool in HOSTED]
    assert offered.chat_tools() == [
        {"type": "function", "function": {"name": "f"}},
        {
            "type": "function",
            "function": {"name": "g", "description": "G", "parameters": {"type": "object"}},
        },
    ]


def test_tools_may_come_as_an_item_of_the_input():
    item = {"type": "additional_tools", "role": "developer", "tools": [HOSTED[6], G]}
    offered = offer(input=[item, {"role": "user", "content": "hi"}], tools=[F])

    assert names(offered) == ["f", "g"]
    assert offered.left_out == ["namespace"]


def test_what_was_left_out_is_noted_beside_the_callers_metadata():
    offered = offer(tools=HOSTED[:2])

    assert offered.noted_in({"a": "b"}) == {
        "a": "b",
        "left_out_tools": "web_search, apply_patch",
    }
    assert offered.noted_in({"left_out_tools": "mine"}) == {"left_out_tools": "mine"}
    assert offer(tools=[F]).noted_in(None) == {}


def test_metadata_stays_within_openais_limits():
    full = {str(n): "x" for n in range(16)}

    assert offer(tools=HOSTED).noted_in(full) == full
    assert len(offer(tools=[{"type": "x" * 600}]).noted_in({})["left_out_tools"]) == 512


@pytest.mark.parametrize("mode", ["none", "auto", "required"])
def test_a_mode_is_passed_on(mode):
    assert offer(tools=[F], tool_choice=mode).choice == mode


def test_one_function_may_be_forced():
    forced = {"type": "function", "function": {"name": "f"}}

    assert offer(tools=[F, G], tool_choice=F).choice == forced


@pytest.mark.parametrize("mode", ["auto", "required"])
def test_only_allowed_functions_are_offered(mode):
    web = {"type": "web_search"}
    offered = offer(tools=[F, G, web], tool_choice=allowed({"name": "g"}, web, mode=mode))

    assert names(offered) == ["g"]
    assert offered.choice == mode
    assert offered.left_out == ["web_search"]


@pytest.mark.parametrize("choice", ["auto", "none", None, allowed(HOSTED[0])])
def test_nothing_is_chosen_among_no_functions(choice):
    offered = offer(tools=HOSTED, tool_choice=choice)

    assert (offered.functions, offered.choice) == ([], None)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": [F, {"type": "function"}]}, "tools[1].name"),
        (
            {"input": [{"type": "additional_tools", "tools": [{"type": "function"}]}]},
            "input[0].tools[0].name",
        ),
        ({"tools": HOSTED, "tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tools": HOSTED, "tool_choice": {"type": "web_search_preview"}}, "tool_choice.type"),
        ({"tools": HOSTED, "tool_choice": {"type": "custom", "name": "x"}}, "tool_choice.type"),
        (
            {"tools": HOSTED, "tool_choice": {"type": "mcp", "server_label": "x"}},
            "tool_choice.type",
        ),
        ({"tools": [F], "tool_choice": {"type": "function"}}, "tool_choice.name"),
        ({"tools": [F], "tool_choice": G}, "tool_choice.name"),
        ({"tools": [F], "tool_choice": allowed(F, G)}, "tool_choice.tools[1].name"),
        ({"tools": [F], "tool_choice": allowed()}, "tool_choice.tools"),
        (
            {"tools": [F, *HOSTED], "tool_choice": allowed(HOSTED[0], mode="required")},
            "tool_choice.mode",
        ),
    ],
)
def test_what_forces_a_tool_that_is_not_there_is_refused(fields, param):
    with pytest.raises(InvalidRequestError) as caught:
        offer(**fields)

    assert caught.value.param == param
    assert caught.value.message.startswith(f"{param}: ")
