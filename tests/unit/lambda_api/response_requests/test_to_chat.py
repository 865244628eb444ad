"""A request for a response as the chat completion that makes it."""

from __future__ import annotations

import json

import pytest

from lambda_api.errors import InvalidRequestError
from lambda_api.responses.schemas import ResponseRequest
from lambda_api.responses.to_chat import chat_request, messages_of


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


def test_a_conversation_keeps_its_turns_and_the_text_of_their_parts():
    turns = [
        {"role": "developer", "content": [{"type": "input_text", "text": "rules"}]},
        {"type": "message", "role": "user", "content": "a"},
        {
            "type": "message",
            "id": "msg_1",
            "status": "completed",
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": "b", "annotations": []},
                {"type": "output_text", "text": "c", "annotations": []},
            ],
        },
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"role": "user", "content": "d"},
    ]

    assert chat(input=turns)["messages"] == [
        {"role": "system", "content": "rules"},
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "bc"},
        {"role": "user", "content": "d"},
    ]


def test_a_turns_calls_are_one_message_and_each_result_another():
    def call(n):
        return {"type": "function_call", "call_id": f"c{n}", "name": "f", "arguments": "{}"}

    result = {"type": "function_call_output", "call_id": "c1", "output": "sunny"}

    assert chat(input=[call(1), call(2), result])["messages"] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                {"id": "c2", "type": "function", "function": {"name": "f", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "content": "sunny", "tool_call_id": "c1"},
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
        guided_regex="[a-z]+",
        seed=7,
        reasoning={"effort": "low"},
        include=["reasoning.encrypted_content"],
        user="u",
        service_tier="auto",
        truncation="disabled",
        conversation=None,
    )

    assert asked.keys() == {"messages", "top_k", "guided_regex", "seed"}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"conversation": "conv_1"}, "conversation"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"truncation": "auto"}, "truncation"),
        ({"top_logprobs": 5}, "top_logprobs"),
        ({"max_tokens": 5}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"n": 2}, "n"),
        ({"stop": 5}, "stop"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].name"),
        ({"text": {"format": {"type": "json_schema", "name": "n"}}}, "text.format.schema"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input[0].type"),
        ({"input": [{"content": "x"}]}, "input[0].role"),
        ({"input": [{"role": "user"}]}, "input[0].content"),
        ({"input": [{"type": "function_call", "name": "f", "call_id": "c"}]}, "input[0].arguments"),
        ({"input": [{"type": "function_call_output", "call_id": "c"}]}, "input[0].output"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]},
            "input[0].content[0].type",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_text"}]}]},
            "input[0].content[0].text",
        ),
    ],
)
def test_what_is_not_supported_is_named(fields, param):
    with pytest.raises(InvalidRequestError) as caught:
        chat(**fields)

    assert caught.value.param == param
    assert caught.value.message.startswith(f"{param}: ")
