"""Responses through OpenAI's own client: at once, streamed, in the background, and afterwards."""

from __future__ import annotations

import logging

import openai
import pytest
from pydantic import BaseModel

from lambda_api.aws.s3 import S3Store
from lambda_api.responses.completion import Completions
from lambda_api.responses.store import ResponseStore
from tests.support.service.standin_runtime import (
    CUT,
    Reply,
    Stream,
    chunk,
    completion,
    completion_events,
    event,
    service_error,
)
from tests.support.service.standin_s3 import StandInS3

WORDS = ["Grüß ", "dich", " 👋"]


def test_a_response_is_answered(responses, runtime):
    runtime.answer = completion("Grüß dich 👋", prompt=7, tokens=3)

    response = responses.create(model="twin", input="hi", instructions="be kind")

    assert response.output_text == "Grüß dich 👋"
    assert response.status == "completed"
    assert response.model == "twin"
    assert (response.usage.input_tokens, response.usage.output_tokens) == (7, 3)
    assert response.usage.total_tokens == 10
    assert runtime.received[0].json["messages"][0] == {"role": "system", "content": "be kind"}
    assert response.to_dict() == responses.retrieve(response.id).to_dict()


def test_a_response_is_streamed(responses, runtime):
    runtime.answer = Stream(completion_events(WORDS))

    events = list(responses.create(model="twin", input="hi", stream=True))

    deltas = [e.delta for e in events if e.type == "response.output_text.delta"]
    assert deltas == WORDS
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == "".join(WORDS)
    assert events[-1].response.usage.total_tokens == 10


def test_the_clients_stream_helper_understands_the_events(responses, runtime):
    runtime.answer = Stream(completion_events(WORDS))

    with responses.stream(model="twin", input="hi") as stream:
        texts = [e.delta for e in stream if e.type == "response.output_text.delta"]
        final = stream.get_final_response()

    assert texts == WORDS
    assert final.output_text == "".join(WORDS)


class Answer(BaseModel):
    word: str


def test_the_client_parses_what_a_schema_asked_for(responses, runtime):
    runtime.answer = completion('{"word": "hi"}')

    parsed = responses.parse(model="twin", input="hi", text_format=Answer)

    assert parsed.output_parsed == Answer(word="hi")
    asked = runtime.received[0].json["response_format"]
    assert asked["type"] == "json_schema"
    assert asked["json_schema"]["schema"]["properties"].keys() == {"word"}


def test_a_streamed_schema_is_parsed(responses, runtime):
    runtime.answer = Stream(completion_events(['{"word": ', '"hi"}']))

    with responses.stream(model="twin", input="hi", text_format=Answer) as stream:
        assert stream.get_final_response().output_parsed == Answer(word="hi")


def test_function_calls_are_streamed_and_their_results_come_back(responses, runtime):
    def call(**fields):
        delta = {"tool_calls": [{"index": 0, **fields}]}
        return event(chunk(delta=delta))

    last = event(chunk(delta={}, finish_reason="tool_calls"))
    begun = call(id="c1", type="function", function={"name": "weather", "arguments": ""})
    runtime.answer = Stream([begun, call(function={"arguments": '{"at":"Ulm"}'}), last])
    tool = {"type": "function", "name": "weather", "parameters": {"type": "object"}}

    with responses.stream(model="twin", input="hi", tools=[tool | {"strict": False}]) as stream:
        first = stream.get_final_response()
    (made,) = first.output
    runtime.answer = completion("It is sunny")
    result = {"type": "function_call_output", "call_id": made.call_id, "output": "sunny"}
    second = responses.create(model="twin", input=[result], previous_response_id=first.id)

    assert (made.name, made.arguments) == ("weather", '{"at":"Ulm"}')
    assert second.output_text == "It is sunny"
    roles = [message["role"] for message in runtime.received[-1].json["messages"]]
    assert roles == ["user", "assistant", "tool"]


def test_a_failure_before_the_stream_is_a_real_status(responses, runtime):
    runtime.answer = service_error(400, "ThrottlingException", "Rate")

    with pytest.raises(openai.RateLimitError):
        responses.create(model="twin", input="hi", stream=True)


def test_a_failure_midway_is_a_failed_response(responses, runtime):
    runtime.answer = Stream([event(chunk("Hi")), CUT])

    *_, last = responses.create(model="twin", input="hi", stream=True)

    assert last.type == "response.failed"
    assert last.response.error.code == "server_error"
    assert last.response.output_text == "Hi"


def test_a_client_that_leaves_stops_the_upstream_read(responses, runtime):
    runtime.answer = Stream([event(chunk("Hi")), 0.9, *[event(chunk("Hi")), 0.9] * 5])
    stream = responses.create(model="twin", input="hi", stream=True)
    next(iter(stream))
    stream.close()

    assert runtime.client_left.wait(0.8)


def test_a_background_response_is_queued_and_fetched(responses, queued, later, runtime):
    (call,) = runtime.received

    assert queued.status == "queued"
    assert call.path == "/endpoints/twin-local-async/async-invocations"
    assert call.headers["x-amzn-sagemaker-requestttlseconds"] == "21600"
    assert call.headers["x-amzn-sagemaker-invocationtimeoutseconds"] == "900"
    assert later.input() == {"messages": [{"role": "user", "content": "Grüß dich"}]}
    assert responses.retrieve(queued.id).status == "queued"

    later.end(completion("Hallo", prompt=7, tokens=3))

    found = responses.retrieve(queued.id)
    assert found.status == "completed"
    assert found.output_text == "Hallo"
    assert found.usage.total_tokens == 10


def test_a_large_input_lies_in_the_bucket(responses, runtime, later):
    runtime.answer = later.accept
    responses.create(model="twin", input="x" * 200_000, background=True)

    assert "x-amzn-sagemaker-inputlocation" in later.accepted[-1].headers
    assert later.accepted[-1].body == b""
    assert later.input()["messages"][0]["content"] == "x" * 200_000


def test_the_completion_function_settles_what_is_then_fetched(responses, queued, later, s3):
    store = ResponseStore(S3Store.connect(later.bucket))
    Completions(store, None, logging.getLogger()).take(later.end(completion("Hallo")))

    assert responses.retrieve(queued.id).output_text == "Hallo"
    assert not [key for key in s3.objects if key.startswith(f"{later.bucket}/async/")]


def test_a_cancelled_response_stays_cancelled(responses, queued, later):
    assert responses.cancel(queued.id).status == "cancelled"
    later.end(completion("late"))

    assert responses.cancel(queued.id).status == "cancelled"
    assert responses.retrieve(queued.id).output_text == ""


def test_a_deleted_response_is_gone(responses, queued):
    responses.delete(queued.id)

    with pytest.raises(openai.NotFoundError):
        responses.retrieve(queued.id)
    with pytest.raises(openai.NotFoundError):
        responses.delete(queued.id)


def test_another_key_sees_nothing(other_key, queued):
    for act in (
        other_key.responses.retrieve,
        other_key.responses.cancel,
        other_key.responses.delete,
    ):
        with pytest.raises(openai.NotFoundError):
            act(queued.id)


def test_an_endpoint_that_refuses_is_a_real_status(responses, runtime):
    message = "Endpoint twin-local-async of account 123456789012 not found."
    runtime.answer = service_error(400, "ValidationError", message)

    with pytest.raises(openai.NotFoundError) as caught:
        responses.create(model="twin", input="hi", background=True)
    assert "123456789012" not in str(caught.value)


def test_storage_that_fails_is_a_503_without_its_words(responses, s3, queued, monkeypatch):
    broken = Reply(403, b"<Error><Code>AccessDenied</Code><Message>arn:aws:x</Message></Error>")
    monkeypatch.setattr(StandInS3, "__call__", lambda _self, _call: broken)

    with pytest.raises(openai.InternalServerError) as caught:
        responses.retrieve(queued.id)
    assert caught.value.status_code == 503
    assert "arn:" not in str(caught.value)
