"""`queue`: while the endpoint is cold, the asynchronous one takes what comes."""

from __future__ import annotations

import json

import openai
import pytest

from tests.support.service.cold_world import CHAT, RESPONSES, post
from tests.support.service.standin_runtime import StandInRuntime, completion, running
from tests.support.service.standin_s3 import StandInQueue, StandInS3

BUCKET = "twin-local-async"


@pytest.fixture
def s3():
    return StandInS3()


@pytest.fixture
def later(s3, runtime, cold):
    """The asynchronous endpoint, which is never cold."""
    queue = StandInQueue(s3, BUCKET)

    def answer(call):
        return queue.accept(call) if call.path.endswith("async-invocations") else cold(call)

    runtime.answer = answer
    return queue


@pytest.fixture
def url(serve, s3, later, monkeypatch):
    with running(StandInRuntime(s3)) as storage:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", storage.url)
        yield serve(
            "queue", root_path="/live", async_endpoint_name="twin-local-async", async_bucket=BUCKET
        )


@pytest.fixture
def client(url):
    with openai.OpenAI(base_url=f"{url}/v1", api_key="k" * 40, max_retries=0) as client:
        yield client


MESSAGES = [{"role": "system", "content": "be kind"}, {"role": "user", "content": "hi"}]


@pytest.mark.parametrize("stream", [True, False])
def test_a_chat_completion_becomes_a_response_that_is_fetched(client, cold, later, stream):
    raw = client.chat.completions.with_raw_response.create(
        model="twin", messages=MESSAGES, stream=stream, max_tokens=7, extra_body={"top_k": 3}
    )
    body = json.loads(raw.http_response.read())

    assert raw.status_code == 202
    assert raw.headers["location"] == f"/live/v1/responses/{body['id']}"
    assert (body["object"], body["status"], body["background"]) == ("response", "queued", True)
    assert body["max_output_tokens"] == 7
    assert later.input() == {"messages": MESSAGES, "max_tokens": 7, "top_k": 3}
    assert client.responses.retrieve(body["id"]).status == "queued"

    later.end(completion("Hallo", prompt=7, tokens=3))

    found = client.responses.retrieve(body["id"])
    assert (found.status, found.output_text) == ("completed", "Hallo")
    assert found.usage.total_tokens == 10


def test_its_tools_are_told_as_responses_have_them(url, cold):
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    choice = {"type": "function", "function": {"name": "weather"}}
    schema = {"name": "answer", "schema": {"type": "object"}}
    wanted = {"type": "json_schema", "json_schema": schema}
    _, _, body = post(url, tools=[tool], tool_choice=choice, response_format=wanted)

    unenforced = {"description": None, "strict": False}
    assert body["tools"] == [{"type": "function", **tool["function"], **unenforced}]
    assert body["tool_choice"] == {"type": "function", "name": "weather"}
    assert body["text"]["format"] == {"type": "json_schema", **schema, **unenforced}


@pytest.mark.parametrize(
    ("odd", "param"),
    [
        ({"tools": [7]}, "tools[0]"),
        ({"tools": 7}, "tools"),
        ({"tool_choice": {}}, "tool_choice.type"),
        ({"response_format": "json"}, "response_format"),
    ],
)
def test_what_no_engine_takes_is_not_queued(url, cold, later, odd, param):
    status, _, body = post(url, **odd)

    assert (status, body["error"]["param"]) == (400, param)
    assert later.accepted == []


def test_the_conversation_goes_on_from_a_queued_chat(client, cold, later):
    raw = client.chat.completions.with_raw_response.create(model="twin", messages=MESSAGES)
    first = json.loads(raw.content)["id"]
    later.end(completion("Hallo"))
    client.responses.create(model="twin", input="and now?", previous_response_id=first)

    said = later.input()["messages"]
    assert [message["content"] for message in said] == ["be kind", "hi", "Hallo", "and now?"]


@pytest.mark.parametrize("stream", [True, False])
def test_a_response_becomes_a_background_one(client, url, cold, later, stream):
    status, headers, body = post(url, RESPONSES, instructions="be kind", stream=stream)

    assert status == 202
    assert headers["location"] == f"/live/v1/responses/{body['id']}"
    assert (body["status"], body["background"], body["store"]) == ("queued", True, True)
    assert later.input() == {"messages": MESSAGES}
    assert client.responses.retrieve(body["id"]).instructions == "be kind"


def test_the_official_client_gets_the_queued_response(client, cold, later):
    response = client.responses.create(model="twin", input="hi")

    assert response.status == "queued"
    later.end(completion("Hallo"))
    assert client.responses.retrieve(response.id).output_text == "Hallo"


@pytest.mark.parametrize(("path", "fields"), [(CHAT, {"n": 2}), (RESPONSES, {"store": False})])
def test_what_the_queue_cannot_answer_is_rejected(url, cold, later, path, fields):
    status, headers, body = post(url, path, **fields)

    assert (status, headers["retry-after"]) == (503, "300")
    assert body["error"]["code"] == "model_not_ready"
    assert later.accepted == []


def test_bad_requests_are_not_queued(url, cold, later):
    assert post(url, messages=[])[0] == 400
    assert post(url, model="other")[0] == 404
    assert post(url, RESPONSES, tool_choice={"type": "web_search"})[0] == 400
    assert later.accepted == []


def test_an_endpoint_that_is_up_answers(url, cold, later):
    assert post(url)[0] == 202
    cold.is_up.set()
    answers = [post(url)[0]]
    while answers[-1] == 202:
        answers.append(post(url)[0])

    assert answers[-1] == 200
    assert cold.refused == 1
    assert post(url, stream=None)[0] == 200
