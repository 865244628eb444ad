"""A field that is wrong, in a caller's words."""

from __future__ import annotations

import pytest

CHAT = "/v1/chat/completions"

HI = {"role": "user", "content": "hi"}


@pytest.mark.parametrize(
    ("fields", "param", "message"),
    [
        ({"messages": []}, "messages", "at least 1 item"),
        ({"messages": None}, "messages", "valid list"),
        ({"model": None}, "model", "valid string"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages[0].role", "'system'"),
        ({"messages": [HI, {"content": "x"}]}, "messages[1].role", "field required"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content", "got 5"),
        (
            {"messages": [{"role": "user", "content": [{"text": "x"}]}]},
            "messages[0].content[0].type",
            "field required",
        ),
        ({"temperature": 2.5}, "temperature", "less than or equal to 2, got 2.5"),
        ({"temperature": "hot"}, "temperature", "valid number, got 'hot'"),
        ({"top_p": -1}, "top_p", "greater than or equal to 0"),
        ({"n": 0}, "n", "greater than or equal to 1"),
        ({"max_tokens": 1.5}, "max_tokens", "valid integer"),
        ({"stream": "yes"}, "stream", "valid boolean"),
        ({"stop": 7}, "stop", "got 7"),
        ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage", "boolean"),
    ],
)
def test_a_wrong_field_is_a_400_that_names_it(client, upstream, fields, param, message):
    answer = client.post(CHAT, json={"model": "twin", "messages": [HI], **fields})
    error = answer.json()["error"]

    assert answer.status_code == 400
    assert error["type"] == "invalid_request_error"
    assert error["param"] == param
    assert message in error["message"]
    assert upstream.payloads == []


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tool_choice": {"type": "tool"}}, "tool_choice.type"),
        ({"tool_choice": {"type": "function"}}, "tool_choice.name"),
        ({"tool_choice": 7}, "tool_choice"),
        ({"input": [{"role": "user", "content": [{"text": "x"}]}]}, "input[0].content[0].type"),
        ({"input": {"role": "user"}}, "input"),
    ],
)
def test_no_branch_of_a_union_is_named(client, fields, param):
    answer = client.post("/v1/responses", json={"model": "twin", "input": "hi", **fields})

    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "n", "seed"])
def test_a_whole_number_with_a_fraction_of_zero_is_that_number(client, upstream, name):
    body = {"model": "twin", "messages": [HI], name: 8.0}

    assert client.post(CHAT, json=body).status_code == 200
    assert b'"%b":8}' % name.encode() in upstream.payloads[0]


def test_a_long_value_is_quoted_in_part(client):
    answer = client.post(CHAT, json={"model": "twin", "messages": "x" * 5000})

    assert len(answer.json()["error"]["message"]) < 200
