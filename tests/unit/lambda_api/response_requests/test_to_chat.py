"""A request for a response as the chat completion that makes it."""

from __future__ import annotations

import json

import pytest

from lambda_api.errors import InvalidRequestError
from lambda_api.response_requests.messages import messages_of
from lambda_api.response_requests.schemas import ResponseRequest
from lambda_api.response_requests.to_chat import chat_request


def request(**fields):
    return ResponseRequest.model_validate_json(
        json.dumps({"model": "twin", "input": "hi"} | fields)
    )


def chat(**fields):
    """What the engine gets."""
    asked = request(**fields)
    return json.loads(chat_request(asked, messages_of(asked.input)).payload())


def test_text_is_one_user_message():
    assert chat() == {"messages": [{"role": "user", "content": "hi"}]}


def test_instructions_come_first_as_the_system_message():
    messages = chat(instructions="be brief", input=[{"role": "user", "content": "hi"}])["messages"]

    assert messages == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "hi"},
    ]


def test_options_get_the_names_chat_completions_have_for_them():
    schema = {"type": "object"}
    asked = chat(
        max_output_tokens=5,
        temperature=0.5,
        top_p=0.9,
        text={
            "format": {"type": "json_schema", "name": "n", "schema": schema, "strict": True},
            "verbosity": "low",
        },
        tools=[{"type": "function", "name": "f", "parameters": schema, "strict": None}],
        tool_choice={"type": "function", "name": "f"},
        parallel_tool_calls=False,
        metadata={"a": "b"},
        presence_penalty=0.5,
        frequency_penalty=-0.5,
        reasoning={"effort": "low", "summary": "auto"},
        top_logprobs=2,
    )

    assert asked == {
        "messages": [{"role": "user", "content": "hi"}],
        "max_tokens": 5,
        "temperature": 0.5,
        "top_p": 0.9,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "n", "schema": schema, "strict": True},
        },
        "tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "parallel_tool_calls": False,
        "presence_penalty": 0.5,
        "frequency_penalty": -0.5,
        "reasoning_effort": "low",
        "logprobs": True,
        "top_logprobs": 2,
    }


def test_a_stream_asks_for_its_usage():
    asked = chat(stream=True, stream_options={"include_obfuscation": False})

    assert asked["stream"] is True
    assert asked["stream_options"] == {"include_usage": True}


def test_json_is_asked_for_and_plain_text_is_not():
    assert chat(text={"format": {"type": "json_object"}})["response_format"] == {
        "type": "json_object"
    }
    assert "response_format" not in chat(text={"format": {"type": "text"}})


def test_the_engines_own_fields_pass_and_hints_do_not():
    asked = chat(
        top_k=40,
        min_p=0.1,
        seed=7,
        include=["reasoning.encrypted_content"],
        user="u",
        service_tier="auto",
        truncation="auto",
        safety_identifier="s",
        max_tool_calls=3,
        top_logprobs=0,
        conversation=None,
    )

    assert asked.keys() == {"messages", "top_k", "min_p", "seed"}


def test_log_probabilities_are_asked_for_by_include_too():
    asked = chat(include=["message.output_text.logprobs"])

    assert asked["logprobs"] is True
    assert "top_logprobs" not in asked


def test_options_of_tools_are_left_out_without_functions():
    asked = chat(tools=[{"type": "web_search"}], tool_choice="auto", parallel_tool_calls=True)

    assert asked.keys() == {"messages"}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"conversation": "conv_1"}, "conversation"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"max_tokens": 5}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"reasoning_effort": "low"}, "reasoning_effort"),
        ({"stop": 5}, "stop"),
        ({"text": {"format": {"type": "json_schema", "name": "n"}}}, "text.format.schema"),
    ],
)
def test_what_is_not_supported_is_named(fields, param):
    with pytest.raises(InvalidRequestError) as caught:
        chat(**fields)

    assert caught.value.param == param
    assert caught.value.message.startswith(f"{param}: ")
