"""A streamed answer as the events of a response."""

from __future__ import annotations

import json

import pytest

from lambda_api.errors import StreamBrokenError
from lambda_api.response_requests.schemas import ResponseRequest
from lambda_api.responses.service import ResponseService
from lambda_api.retrieval.grounded_chat import GroundedChat
from tests.support.service.openai_types import check_event


def chunk(delta=None, finish_reason=None, **fields):
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish_reason}
    body = json.dumps({"model": "x", "choices": [choice], **fields}, separators=(",", ":"))
    return b"data: " + body.encode() + b"\n\n"


def words(*texts):
    return [chunk({"content": text}) for text in texts]


def call(index, **delta):
    return chunk({"tool_calls": [{"index": index, **delta}]})


USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n'
DONE = b"data: [DONE]\n\n"


@pytest.fixture
def stream(service, says):
    """The events of a streamed response to what the engine says."""

    def stream(*parts):
        says(*parts)
        request = ResponseRequest(model="twin", input="hi", stream=True)
        made = b"".join(ResponseService(GroundedChat(service)).stream(request, "local")[0])
        blocks = made.decode().split("\n\n")[:-1]
        events = []
        for block in blocks:
            kind, data = block.split("\n")
            events.append(json.loads(data.removeprefix("data: ")))
            assert kind == f"event: {events[-1]['type']}"
        for event in events:
            check_event(event)
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        return events

    return stream


def kinds(events):
    return [event["type"].removeprefix("response.") for event in events]


def test_text_comes_as_openais_events(stream):
    events = stream(*words("Grüß ", "dich"), chunk(finish_reason="stop"), USAGE, DONE)
    response = events[-1]["response"]

    assert kinds(events) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [e["delta"] for e in events if "delta" in e] == ["Grüß ", "dich"]
    assert response["status"] == "completed"
    assert response["output"] == [events[-2]["item"]]
    assert response["output"][0]["content"][0]["text"] == "Grüß dich"
    assert response["usage"]["input_tokens"] == 3
    assert response["usage"]["total_tokens"] == 5
    assert len({e["item_id"] for e in events if "item_id" in e}) == 1
    assert response["id"] == events[0]["response"]["id"]


def test_events_are_made_from_parts_cut_anywhere(stream):
    whole = b"".join([*words("a", "b"), chunk(finish_reason="stop"), USAGE, DONE])

    events = stream(*(whole[at : at + 5] for at in range(0, len(whole), 5)))

    assert [e["delta"] for e in events if "delta" in e] == ["a", "b"]


def test_function_calls_come_as_items(stream):
    events = stream(
        *words("ok"),
        call(0, id="c0", function={"name": "f", "arguments": ""}),
        call(0, function={"arguments": '{"a":'}),
        call(0, function={"arguments": "1}"}),
        call(1, id="c1", function={"name": "g", "arguments": "{}"}),
        chunk(finish_reason="tool_calls"),
        DONE,
    )
    output = events[-1]["response"]["output"]

    assert [item["type"] for item in output] == ["message", "function_call", "function_call"]
    assert [item.get("arguments") for item in output] == [None, '{"a":1}', "{}"]
    assert [item.get("call_id") for item in output] == [None, "c0", "c1"]
    assert kinds(events).count("function_call_arguments.delta") == 3
    assert [e["output_index"] for e in events if e["type"].endswith("item.done")] == [0, 1, 2]


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thoughts_come_first_and_end_before_the_words(stream, field):
    events = stream(
        chunk({"role": "assistant", "content": "", field: ""}),
        chunk({field: "2 and "}),
        chunk({field: "2"}),
        *words("4"),
        chunk(finish_reason="stop"),
        DONE,
    )

    assert kinds(events)[2:] == [
        "output_item.added",
        "content_part.added",
        "reasoning_text.delta",
        "reasoning_text.delta",
        "reasoning_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    thoughts, said = events[-1]["response"]["output"]
    assert thoughts["content"] == [{"type": "reasoning_text", "text": "2 and 2"}]
    assert said["content"][0]["text"] == "4"


def test_a_failure_leaves_thoughts_that_were_over_complete(stream):
    events = stream(chunk({"reasoning": "a"}), *words("b"), StreamBrokenError("it stopped"))

    output = events[-1]["response"]["output"]
    assert [item["status"] for item in output] == ["completed", "incomplete"]


def test_log_probabilities_are_streamed(stream):
    token = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}
    choice = {"index": 0, "delta": {"content": "a"}, "logprobs": {"content": [token]}}
    told = b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"
    events = stream(told, chunk(finish_reason="stop"), DONE)

    assert [e["logprobs"] for e in events if "delta" in e] == [[token]]
    assert events[-1]["response"]["output"][0]["content"][0]["logprobs"] == [token]


@pytest.mark.parametrize(
    ("finish_reason", "reason"),
    [("length", "max_output_tokens"), ("content_filter", "content_filter")],
)
def test_what_was_cut_short_is_incomplete(stream, finish_reason, reason):
    events = stream(*words("a"), chunk(finish_reason=finish_reason), DONE)
    response = events[-1]["response"]

    assert events[-1]["type"] == "response.incomplete"
    assert response["incomplete_details"] == {"reason": reason}
    assert response["output"][0]["status"] == events[-2]["item"]["status"] == "incomplete"


def test_half_a_character_is_replaced(stream):
    half = b'data: {"choices":[{"delta":{"content":"a\\ud83d"},"finish_reason":"stop"}]}\n\n'
    whole = b'data: {"choices":[{"delta":{"content":"\\ud83d\\udc4b"},"finish_reason":"stop"}]}\n\n'

    assert stream(half, DONE)[-1]["response"]["output"][0]["content"][0]["text"] == "a?"
    assert stream(whole, DONE)[-1]["response"]["output"][0]["content"][0]["text"] == "👋"


def test_an_empty_answer_is_an_empty_message(stream):
    events = stream(chunk(finish_reason="stop"), DONE)

    assert events[-1]["response"]["output"][0]["content"][0]["text"] == ""


@pytest.mark.parametrize(
    "broken",
    [
        StreamBrokenError("it stopped"),
        b'data: {"error":{"message":"CUDA"}}\n\n',
        b"data: {}}\n\n",
        b"data: []\n\n",
        b'data: {"choices":[{"delta":{"tool_calls":[{}]}}]}\n\n',
        b"",
    ],
    ids=["broken", "error event", "no JSON", "no object", "no index", "ended"],
)
def test_a_failure_midway_ends_in_response_failed_with_what_there_was(stream, broken):
    events = stream(*words("a"), broken)
    response = events[-1]["response"]

    assert events[-1]["type"] == "response.failed"
    assert response["status"] == "failed"
    assert response["error"]["code"] == "server_error"
    assert "CUDA" not in json.dumps(response)
    assert response["output"][0]["content"][0]["text"] == "a"
    assert response["output"][0]["status"] == "incomplete"


def test_a_client_that_left_is_told_nothing_more(service, says):
    says(*words("a", "b"), chunk(finish_reason="stop"), DONE)
    request = ResponseRequest(model="twin", input="hi", stream=True)
    events, _ = ResponseService(GroundedChat(service)).stream(request, "local")

    blocks = iter(events)
    next(blocks)
    next(blocks)
    events.close()

    assert b"completed" not in b"".join(blocks)
