"""Items of a conversation as chat messages."""

from __future__ import annotations

import pytest

from lambda_api.errors import InvalidRequestError
from lambda_api.response_requests.messages import messages_of
from lambda_api.response_requests.schemas import InputItem

URL = "data:image/png;base64,aGk="


def messages(*items, find=None):
    return messages_of([InputItem.model_validate(item) for item in items], find)


def user(*parts):
    return {"role": "user", "content": list(parts)}


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

    assert messages(*turns) == [
        {"role": "developer", "content": "rules"},
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "bc"},
        {"role": "user", "content": "d"},
    ]


def test_a_turns_calls_are_one_message_and_each_result_another():
    def call(n):
        return {"type": "function_call", "call_id": f"c{n}", "name": "f", "arguments": "{}"}

    result = {"type": "function_call_output", "call_id": "c1", "output": "sunny"}

    assert messages(call(1), call(2), result) == [
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


def test_text_beside_an_image_is_a_part_and_text_alone_is_not():
    text = {"type": "input_text", "text": "what is it?"}
    image = {"type": "input_image", "image_url": URL, "detail": "low"}

    assert messages(user(text, image), user(text)) == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "what is it?"},
                {"type": "image_url", "image_url": {"url": URL, "detail": "low"}},
            ],
        },
        {"role": "user", "content": "what is it?"},
    ]


def test_a_function_may_show_an_image():
    shown = {
        "type": "function_call_output",
        "call_id": "c",
        "output": [{"type": "input_image", "image_url": URL}],
    }

    assert messages(shown) == [
        {
            "role": "tool",
            "content": [{"type": "image_url", "image_url": {"url": URL}}],
            "tool_call_id": "c",
        }
    ]


def test_a_detail_that_chat_completions_do_not_know_is_left_to_the_engine():
    (message,) = messages(user({"type": "input_image", "image_url": URL, "detail": "original"}))

    assert message["content"] == [{"type": "image_url", "image_url": {"url": URL}}]


def test_tools_and_thoughts_are_no_messages():
    thoughts = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}

    assert messages({"type": "additional_tools", "role": "developer", "tools": []}, thoughts) == []


def test_a_refusal_is_what_the_model_said():
    said = {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}

    assert messages(said) == [{"role": "assistant", "content": "no"}]


@pytest.mark.parametrize("reference", [{"type": "item_reference", "id": "a"}, {"id": "a"}])
def test_a_reference_stands_for_the_item(reference):
    kept = InputItem(type="message", role="assistant", content="hello")

    def find(item_id, param):
        assert (item_id, param) == ("a", "input[0].id")
        return kept

    assert messages(reference, find=find) == [{"role": "assistant", "content": "hello"}]


@pytest.mark.parametrize(
    ("item", "param"),
    [
        ({"content": "x"}, "role"),
        ({"role": "user"}, "content"),
        ({"type": "function_call", "name": "f", "call_id": "c"}, "arguments"),
        ({"type": "function_call_output", "call_id": "c"}, "output"),
        ({"type": "web_search_call", "id": "ws_1"}, "type"),
        ({"type": "item_reference"}, "id"),
        ({"type": "item_reference", "id": "msg_1"}, "id"),
        (user({"type": "input_file", "file_id": "x"}), "content[0].type"),
        (user({"type": "input_image", "file_id": "x"}), "content[0].image_url"),
        (user({"type": "input_text"}), "content[0].text"),
        (
            {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_file"}]},
            "output[0].type",
        ),
    ],
)
def test_what_is_not_supported_is_named(item, param):
    with pytest.raises(InvalidRequestError) as caught:
        messages(item)

    assert caught.value.param == f"input[0].{param}"
    assert caught.value.message.startswith(f"input[0].{param}: ")
