"""A streamed response's events and the items they tell of."""

from __future__ import annotations

import json

from lambda_api.responses.events import CallWriter, Events, MessageWriter


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
    writer = MessageWriter(Events(), index=2)
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
    writer = CallWriter(Events(), 0, "f", "call_1")
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
