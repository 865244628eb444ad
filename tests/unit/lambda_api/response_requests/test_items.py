"""Chat messages as items of a conversation."""

from __future__ import annotations

import pytest
from openai.types.responses import ResponseItemList

from lambda_api.response_requests.items import items_of, output_id, response_of
from lambda_api.response_requests.messages import messages_of
from lambda_api.response_requests.schemas import InputItem

RESPONSE = f"resp_{'0a' * 16}"
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
CONVERSATION = [
    {"role": "system", "content": "be brief"},
    {"role": "user", "content": [{"type": "text", "text": "look"}, IMAGE]},
    {"role": "assistant", "content": "I will", "tool_calls": [CALL]},
    {"role": "tool", "content": "sunny", "tool_call_id": "c1"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "content": [{"type": "text", "text": "a"}, IMAGE], "tool_call_id": "c1"},
    {"role": "user", "content": "and now?"},
]


def test_messages_become_the_items_that_openai_has():
    items = items_of(CONVERSATION, RESPONSE)
    listed = {"object": "list", "data": items, "first_id": "", "last_id": "", "has_more": False}
    ResponseItemList.model_validate(listed)

    assert [item["type"] for item in items] == [
        "message",
        "message",
        "message",
        "function_call",
        "function_call_output",
        "function_call",
        "function_call_output",
        "message",
    ]
    assert [part["type"] for part in items[1]["content"]] == ["input_text", "input_image"]
    assert [part["type"] for part in items[2]["content"]] == ["output_text"]


def test_items_are_the_messages_that_they_were_made_from():
    items = [InputItem.model_validate(item) for item in items_of(CONVERSATION, RESPONSE)]
    detailed = {**IMAGE, "image_url": {**IMAGE["image_url"], "detail": "auto"}}
    expected = list(CONVERSATION)
    expected[1] = {"role": "user", "content": [{"type": "text", "text": "look"}, detailed]}
    expected[5] = CONVERSATION[5] | {"content": [{"type": "text", "text": "a"}, detailed]}

    assert messages_of(items) == expected


def test_what_a_queued_chat_completion_holds_is_listed_too():
    audio = [{"type": "input_audio", "input_audio": {}}]
    (heard,) = items_of([{"role": "user", "content": audio}], RESPONSE)
    (told,) = items_of([{"role": "function", "content": [{"type": "text", "text": "x"}]}], RESPONSE)

    assert heard["content"] == [{"type": "input_text", "text": "[input_audio]"}]
    assert told["type"] == "function_call_output"
    assert told["output"] == [{"type": "input_text", "text": "x"}]


def test_an_items_id_leads_to_its_response():
    ids = [item["id"] for item in items_of(CONVERSATION, RESPONSE)]
    ids.append(output_id("message", RESPONSE, 0))

    assert len(set(ids)) == len(ids)
    assert {response_of(item_id) for item_id in ids} == {RESPONSE}
    assert max(map(len, ids)) <= 64


@pytest.mark.parametrize("foreign", ["", "msg_1", f"msg_{'0a' * 17}", f"msg_{'0a' * 16}o1\n"])
def test_a_foreign_id_leads_nowhere(foreign):
    assert response_of(foreign) is None
