"""A streamed response's events and the items they tell of."""

from __future__ import annotations

import json

import pytest

from lambda_api.response_objects.events import (
    CallWriter,
    Events,
    MessageWriter,
    ReasoningWriter,
    rewritten,
)
from tests.support.service.openai_types import check_event


def read(written):
    """The events in what was written."""
    events = []
    for block in written.decode().split("\n\n")[:-1]:
        kind, data = block.split("\n")
        events.append(json.loads(data.removeprefix("data: ")))
        assert kind == f"event: {events[-1]['type']}"
    return events


def test_events_are_numbered_from_zero():
    events = Events()
    first, second = read(events.event("a") + events.event("b", text="é"))

    assert first == {"type": "a", "sequence_number": 0}
    assert second == {"type": "b", "sequence_number": 1, "text": "é"}


def test_a_message_is_told_from_its_begin_to_its_end():
    writer = MessageWriter(Events(), 2, "msg_1")
    begun, deltas = writer.begin(), writer.add("Grüß ") + writer.add("dich")
    events = read(begun + deltas + writer.end(writer.item()))

    assert [event["type"].removeprefix("response.") for event in events] == [
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
    ]
    assert {event["output_index"] for event in events} == {2}
    assert events[4]["text"] == events[6]["item"]["content"][0]["text"] == "Grüß dich"


def test_a_call_is_told_from_its_begin_to_its_end():
    writer = CallWriter(Events(), 0, "fc_1", name="f", call_id="call_1")
    begun, deltas = writer.begin(), writer.add('{"a":') + writer.add("1}")
    events = read(begun + deltas + writer.end(writer.item()))

    assert [event["type"].removeprefix("response.") for event in events] == [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
    ]
    assert events[0]["item"]["status"] == "in_progress"
    assert events[3]["arguments"] == events[4]["item"]["arguments"] == '{"a":1}'


def test_thoughts_are_told_from_their_begin_to_their_end():
    writer = ReasoningWriter(Events(), 0, "rs_1")
    begun, deltas = writer.begin(), writer.add("2 and ") + writer.add("2")
    events = read(begun + deltas + writer.end(writer.item()))

    assert [event["type"].removeprefix("response.") for event in events] == [
        "output_item.added",
        "content_part.added",
        "reasoning_text.delta",
        "reasoning_text.delta",
        "reasoning_text.done",
        "content_part.done",
        "output_item.done",
    ]
    assert events[1]["part"] == {"type": "reasoning_text", "text": ""}
    assert events[4]["text"] == events[6]["item"]["content"][0]["text"] == "2 and 2"
    for event in events:
        check_event(event)


def test_log_probabilities_come_with_their_text():
    writer = MessageWriter(Events(), 0, "msg_1")
    token = {"token": "a", "bytes": [97], "logprob": -1.0, "top_logprobs": []}
    delta, done, part, item = read(writer.add("a", [token]) + writer.end(writer.item()))

    assert delta["logprobs"] == done["logprobs"] == part["part"]["logprobs"] == [token]
    assert item["item"]["content"][0]["logprobs"] == [token]


@pytest.mark.parametrize(
    "writer",
    [
        MessageWriter(Events(), 0, "msg_1"),
        ReasoningWriter(Events(), 0, "rs_1"),
        CallWriter(Events(), 0, "fc_1", name="f", call_id="call_1"),
    ],
    ids=["message", "reasoning", "call"],
)
def test_a_kept_item_is_told_like_a_live_one(writer):
    writer.add("text")
    item = writer.item()
    live = type(writer)(**vars(writer) | {"events": Events(), "written": []})
    told = live.begin() + live.add("text") + live.end(item)

    assert rewritten(Events(), 0, item) == told
