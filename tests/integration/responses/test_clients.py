"""Responses as OpenAI's clients and those built on them ask for more than text."""

from __future__ import annotations

import openai
import pytest

from tests.support.service.standin_runtime import (
    Stream,
    chunk,
    completion,
    completion_events,
    event,
)


def test_earlier_turns_come_as_references(responses, runtime):
    """The AI SDK's second turn: it names the items of the answers that were stored."""
    runtime.answer = completion("Hello")
    first = responses.create(model="twin", input="hi")
    (item,) = first.output
    reference = {"type": "item_reference", "id": item.id}
    turns = [{"role": "user", "content": "hi"}, reference, {"role": "user", "content": "and?"}]

    responses.create(model="twin", input=turns)

    assert [message["content"] for message in runtime.received[-1].json["messages"]] == [
        "hi",
        "Hello",
        "and?",
    ]


def test_a_reference_to_nothing_is_a_404(responses):
    reference = {"type": "item_reference", "id": f"msg_{'0' * 32}o0"}

    with pytest.raises(openai.NotFoundError) as caught:
        responses.create(model="twin", input=[reference])
    assert caught.value.param == "input[0].id"


def test_input_items_are_listed(responses, runtime):
    runtime.answer = completion("Hello")
    first = responses.create(model="twin", input="hi")
    second = responses.create(model="twin", input="and?", previous_response_id=first.id)

    page = responses.input_items.list(second.id, limit=2, order="asc")

    assert page.has_more
    assert [item.type for item in page] == ["message", "message", "message"]
    assert [item.content[0].text for item in page] == ["hi", "Hello", "and?"]
    newest = responses.input_items.list(second.id).data
    assert [item.content[0].text for item in newest] == ["and?", "Hello", "hi"]


def test_a_background_response_is_streamed(responses, runtime, later):
    runtime.answer = later.accept
    stream = responses.create(model="twin", input="hi", background=True, stream=True)
    seen = [next(stream), next(stream)]
    later.end(completion("Later"))
    seen += stream

    assert [event.type for event in seen[:3]] == [
        "response.created",
        "response.queued",
        "response.in_progress",
    ]
    assert seen[-1].type == "response.completed"
    assert seen[-1].response.output_text == "Later"


def test_a_lost_stream_goes_on_after_the_last_event(responses, queued, later):
    later.end(completion("Later"))
    whole = list(responses.retrieve(queued.id, stream=True))
    rest = list(responses.retrieve(queued.id, stream=True, starting_after=3))

    assert rest == whole[4:]
    assert whole[-1].response.output_text == "Later"


def test_the_clients_stream_helper_takes_up_a_background_response(responses, queued, later):
    later.end(completion("Later"))

    with responses.stream(response_id=queued.id) as stream:
        assert stream.get_final_response().output_text == "Later"


def test_thoughts_are_streamed(responses, runtime):
    thoughts = [event(chunk(delta={"reasoning_content": text})) for text in ("2 and ", "2")]
    runtime.answer = Stream([*thoughts, *completion_events(["4"])])

    with responses.stream(model="twin", input="2+2", reasoning={"effort": "low"}) as stream:
        deltas = [e.delta for e in stream if e.type == "response.reasoning_text.delta"]
        final = stream.get_final_response()

    assert deltas == ["2 and ", "2"]
    assert [item.type for item in final.output] == ["reasoning", "message"]
    assert final.output_text == "4"
    assert runtime.received[0].json["reasoning_effort"] == "low"


def test_an_image_reaches_the_engine(responses, runtime):
    runtime.answer = completion("A cat")
    image = {"type": "input_image", "image_url": "data:image/png;base64,aGk=", "detail": "low"}
    text = {"type": "input_text", "text": "what is it?"}

    responses.create(model="twin", input=[{"role": "user", "content": [text, image]}])

    (message,) = runtime.received[0].json["messages"]
    assert [part["type"] for part in message["content"]] == ["text", "image_url"]


def test_tools_that_are_not_run_are_left_out(responses, runtime):
    runtime.answer = completion("Hello")
    function = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}
    tools = [function, function | {"name": "g"}, {"type": "web_search"}]
    choice = {
        "type": "allowed_tools",
        "mode": "required",
        "tools": [{"type": "function", "name": "g"}],
    }

    response = responses.create(model="twin", input="hi", tools=tools, tool_choice=choice)

    asked = runtime.received[0].json
    assert [tool["function"]["name"] for tool in asked["tools"]] == ["g"]
    assert asked["tool_choice"] == "required"
    assert response.metadata == {"left_out_tools": "web_search"}
    with pytest.raises(openai.BadRequestError) as caught:
        responses.create(
            model="twin", input="hi", tools=tools, tool_choice={"type": "web_search_preview"}
        )
    assert caught.value.param == "tool_choice.type"


def test_codex_is_answered(responses, runtime):
    """What Codex CLI 0.150 sends first: openai/codex, codex-rs/codex-api/src/common.rs."""
    runtime.answer = Stream(completion_events(["Done"]))
    custom = {"type": "custom", "name": "exec", "format": {"type": "grammar"}}
    text = {"type": "input_text", "text": "<environment_context/>"}
    function = {"type": "function", "name": "shell", "parameters": {"type": "object"}}

    events = list(
        responses.create(
            model="twin",
            instructions="You are a coding agent",
            input=[
                {
                    "type": "additional_tools",
                    "role": "developer",
                    "tools": [{"type": "namespace", "name": "functions", "tools": [custom]}],
                },
                {"type": "message", "role": "developer", "content": [text]},
                {"type": "message", "role": "user", "content": [text | {"text": "fix it"}]},
            ],
            tools=[function | {"strict": False}, {"type": "web_search"}],
            tool_choice="auto",
            parallel_tool_calls=False,
            reasoning={"effort": "medium", "summary": "auto"},
            store=False,
            stream=True,
            include=["reasoning.encrypted_content"],
            prompt_cache_key="0199a213-81a0-7800-8aa0-bbab2a035a53",
            text={"verbosity": "medium"},
            extra_body={"client_metadata": {"x-codex-installation-id": "1"}},
        )
    )

    assert events[-1].type == "response.completed"
    assert events[-1].response.metadata == {"left_out_tools": "web_search, namespace"}
    asked = runtime.received[0].json
    assert asked["messages"] == [
        {"role": "system", "content": "You are a coding agent\n\n<environment_context/>"},
        {"role": "user", "content": "fix it"},
    ]
    assert [tool["function"]["name"] for tool in asked["tools"]] == ["shell"]
    assert "client_metadata" not in asked
