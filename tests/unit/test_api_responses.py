"""Responses over ASGI: at once, in the background, and afterwards."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from lambda_api.errors import StorageError, ThrottledError
from lambda_api.main import create_app
from lambda_api.responses.schemas import Outcome
from lambda_api.responses.store import ResponseStore, response_behind
from lambda_api.settings import Settings
from tests.support.service.fake_queue import FakeQueue, answer
from tests.support.service.fake_upstream import FakeUpstream
from tests.support.service.memory_store import MemoryStore

SETTINGS = Settings(stage="local", endpoint_name="twin-local", model_id="twin", engine="vllm")
URL = "/v1/responses"
ASYNC = {"async_endpoint_name": "twin-local-async", "async_bucket": "bucket"}
RUBBISH_IDS = [
    "x",
    "resp_",
    f"resp_{'g' * 32}",
    f"resp_{'0' * 32}",
    "..",
    "%2e%2e%2fa",
    "a" * 5000,
]


def as_owner(name):
    return {"x-amzn-request-context": json.dumps({"identity": {"apiKeyId": name}})}


@pytest.fixture(scope="module")
def parts():
    """An app, which takes a while to build, and the fakes behind it."""
    upstream, store = FakeUpstream(), MemoryStore()
    queue = FakeQueue(store)
    settings = SETTINGS.model_copy(update=ASYNC)
    app = create_app(settings, upstream, responses_store=store, queue=queue)
    with TestClient(app, raise_server_exceptions=False, headers=as_owner("me")) as client:
        yield client, upstream, store, queue


@pytest.fixture
def client(parts):
    return parts[0]


@pytest.fixture
def upstream(parts):
    upstream = parts[1]
    upstream.answer = answer()
    upstream.payloads.clear()
    return upstream


@pytest.fixture(autouse=True)
def store(parts, upstream):
    parts[2].objects.clear()
    return parts[2]


@pytest.fixture(autouse=True)
def queue(parts):
    parts[3].requests.clear()
    parts[3].refusal = None
    return parts[3]


@pytest.fixture(scope="module")
def unkept():
    """The service where nothing is kept."""
    with TestClient(create_app(SETTINGS, FakeUpstream(answer()))) as client:
        yield client


@pytest.fixture
def create(client):
    def create(**fields):
        return client.post(URL, json={"model": "twin", "input": "hi", **fields}).json()

    return create


def test_a_response_holds_the_answer_its_usage_and_what_was_asked(client):
    body = {"model": "twin", "input": "hi", "instructions": "be kind", "metadata": {"a": "b"}}
    response = client.post(URL, json=body).json()

    assert response["object"] == "response"
    assert response["status"] == "completed"
    assert response["output"][0]["content"][0]["text"] == "Hello"
    assert response["usage"]["input_tokens"] == 3
    assert response["usage"]["output_tokens"] == 2
    assert response["instructions"] == "be kind"
    assert response["metadata"] == {"a": "b"}
    assert response["store"] is True
    assert len(response["id"]) == len("resp_") + 32


def test_an_answer_cut_short_is_incomplete(create, upstream):
    upstream.answer = answer(finish_reason="length")
    response = create()

    assert response["status"] == "incomplete"
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}


def test_function_calls_are_items(create, upstream):
    function = {"name": "f", "arguments": "{}"}
    said = {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "function": function}]}
    choice = {"message": said, "finish_reason": "tool_calls"}
    upstream.answer = json.dumps({"choices": [choice]}).encode()
    (item,) = create()["output"]

    assert item == {
        "type": "function_call",
        "id": item["id"],
        "status": "completed",
        "call_id": "c",
        "name": "f",
        "arguments": "{}",
    }


def test_half_a_character_is_replaced(create, upstream):
    upstream.answer = answer("a\ud83d")

    assert create()["output"][0]["content"][0]["text"] == "a?"


def test_an_answer_that_is_none_is_a_502(client, upstream):
    for rubbish in (b"", b"[]", b"{}", b'{"choices":[]}', b'{"choices":[{"message":5}]}'):
        upstream.answer = rubbish

        assert client.post(URL, json={"model": "twin", "input": "hi"}).status_code == 502


@pytest.mark.parametrize(
    ("fields", "status", "param"),
    [
        ({"model": "other"}, 404, "model"),
        ({"input": None}, 400, "input"),
        ({"input": []}, 400, "input"),
        ({"input": 5}, 400, "input"),
        ({"input": [{"role": "wizard", "content": "x"}]}, 400, "input[0].role"),
        ({"max_output_tokens": 0}, 400, "max_output_tokens"),
        ({"temperature": 3}, 400, "temperature"),
        ({"metadata": {"a": 5}}, 400, "metadata.a"),
        ({"metadata": {str(n): "" for n in range(17)}}, 400, "metadata"),
        ({"tools": [{"type": "web_search"}]}, 400, "tools[0].type"),
        ({"previous_response_id": f"resp_{'0' * 32}"}, 400, "previous_response_id"),
        ({"previous_response_id": "../../x"}, 400, "previous_response_id"),
        ({"background": True, "stream": True}, 400, "stream"),
        ({"background": True, "store": False}, 400, "store"),
        ({"background": True, "model": "other"}, 404, "model"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_started(
    client, upstream, queue, store, fields, status, param
):
    asked = client.post(URL, json={"model": "twin", "input": "hi", **fields})

    assert asked.status_code == status
    assert asked.json()["error"]["param"] == param
    assert [*upstream.payloads, *queue.requests, *store.objects] == []


RUBBISH = [
    b"",
    b"[]",
    b'"text"',
    b"{",
    b'{"model": "twin"}',
    b'{"model": "twin", "input": "\\ud800"}',
    b'{"model": "twin", "input": [{"role": "user", "content": "\\ud800"}]}',
    b'{"model": "twin", "input": "x", "x": "\\ud800"}',
    b'{"model": "twin", "input": "x", "metadata": {"\\ud800": "x"}}',
    b'{"model": "twin", "input": "x", "instructions": "\\ud800"}',
    b'{"model": "twin", "input": "x", "text": {"format": {"type": "text", "x": "\\ud800"}}}',
    b'{"model": "twin", "input": "x", "tools": [{"type": "function", "name": "f", "parameters": '
    + b'{"a":' * 900
    + b"5"
    + b"}" * 900
    + b"}]}",
]


@pytest.mark.parametrize("body", RUBBISH, ids=range(len(RUBBISH)))
def test_rubbish_is_a_400_and_nothing_is_started(client, upstream, store, queue, body):
    for background in (b"", b', "background": true}'):
        sent = body[:-1] + background if background and body.endswith(b"}") else body
        answer_ = client.post(URL, content=sent)

        assert answer_.status_code == 400
        assert answer_.json()["error"]["type"] == "invalid_request_error"
    assert [*upstream.payloads, *queue.requests, *store.objects] == []


def test_what_is_not_read_is_not_echoed(client):
    """It may hold what JSON cannot."""
    body = b'{"model": "twin", "input": "x", "user": 5, "text": {"verbosity": "\\ud800"}}'

    assert client.post(URL, content=body).json()["text"] == {"format": {"type": "text"}}


def test_a_conversation_goes_on_from_a_kept_response(create, upstream):
    first = create(instructions="be brief")
    second = create(previous_response_id=first["id"], input="and now?")
    create(previous_response_id=second["id"], input="and then?")

    assert json.loads(upstream.payloads[-1])["messages"] == [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "and now?"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "and then?"},
    ]
    assert second["previous_response_id"] == first["id"]


def test_a_conversation_does_not_go_on_from_another_keys_response(client, create):
    body = {"model": "twin", "input": "x", "previous_response_id": create()["id"]}
    asked = client.post(URL, json=body, headers=as_owner("you"))

    assert asked.status_code == 400
    assert asked.json()["error"]["code"] == "previous_response_not_found"


def test_a_conversation_does_not_go_on_from_what_has_no_answer(client, create):
    body = {"model": "twin", "input": "x", "previous_response_id": create(background=True)["id"]}

    assert "is queued" in client.post(URL, json=body).json()["error"]["message"]


def test_a_kept_response_is_found_until_it_is_deleted(client, create, store):
    response = create()
    url = f"{URL}/{response['id']}"

    assert client.get(url).json() == response
    assert client.delete(url).json() == {
        "id": response["id"],
        "object": "response",
        "deleted": True,
    }
    assert client.get(url).status_code == 404
    assert client.delete(url).status_code == 404
    assert store.objects == {}


def test_a_response_is_not_kept_when_that_is_not_wanted(create, store):
    assert create(store=False)["store"] is False
    assert store.objects == {}


def test_an_answer_is_not_lost_over_the_storage(create, store, monkeypatch, caplog):
    def broken(*_args):
        raise StorageError("no", reason="S3 SlowDown")

    monkeypatch.setattr(store, "put", broken)
    response = create()

    assert response["status"] == "completed"
    assert response["store"] is False
    assert "SlowDown" in caplog.text


def test_a_stream_is_kept_when_it_is_over(client, says, store):
    text = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n'
    says(text, b"data: [DONE]\n\n")
    body = {"model": "twin", "input": "hi", "stream": True}
    events = client.post(URL, json=body).text.split("\n\n")[:-1]
    response = json.loads(events[-1].split("data: ")[1])["response"]

    assert client.get(f"{URL}/{response['id']}").json() == response
    assert response["status"] == "completed"


def test_a_background_response_is_queued_with_what_the_engine_needs(create, queue):
    response = create(background=True, max_output_tokens=5)
    ((name, payload),) = queue.requests.items()

    assert response["status"] == "queued"
    assert response["background"] is True
    assert response["output"] == []
    assert response_behind(name)[1] == response["id"]
    assert len(name) == 64
    assert json.loads(payload) == {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 5}


@pytest.mark.parametrize(("size", "is_stored"), [(127_000, False), (129_000, True)])
def test_a_large_input_goes_through_the_bucket(create, queue, store, size, is_stored):
    create(background=True, input="x" * size)
    (request,) = queue.requests.values()

    assert isinstance(request, str) is is_stored
    assert any(key.endswith("/input.json") for key in store.objects) is is_stored


def test_a_refused_request_leaves_no_response(client, queue, store):
    queue.refusal = ThrottledError("busy")
    asked = client.post(URL, json={"model": "twin", "input": "hi", "background": True})

    assert asked.status_code == 429
    assert store.objects == {}


def test_a_background_response_is_found_as_it_gets_on(client, create, queue):
    response = create(background=True)
    url = f"{URL}/{response['id']}"
    (name,) = queue.requests

    assert client.get(url).json() == response
    # The message is late: the answer is found all the same, and stays what it was.
    queue.end(name, answer("first"))
    found = client.get(url).json()
    queue.end(name, answer("second"))

    assert found["status"] == "completed"
    assert found["output"][0]["content"][0]["text"] == "first"
    assert found["id"] == response["id"]
    assert client.get(url).json() == found


def test_what_sagemaker_never_tells_of_has_failed_in_the_end(client, create, monkeypatch):
    url = f"{URL}/{create(background=True)['id']}"
    later = 1e12
    # The module's own `time`: the server that runs beside this test goes by the real one.
    monkeypatch.setattr("lambda_api.responses.store.time", SimpleNamespace(time=lambda: later))
    found = client.get(url).json()

    assert found["status"] == "failed"
    assert found["error"]["code"] == "server_error"


def test_cancelling_is_idempotent_and_wins_over_a_late_answer(client, create, queue, store):
    url = f"{URL}/{create(background=True, input='x' * 200_000)['id']}"
    (name,) = queue.requests

    cancelled = client.post(f"{url}/cancel").json()
    queue.end(name, answer())

    assert cancelled["status"] == "cancelled"
    assert client.get(url).json() == client.post(f"{url}/cancel").json() == cancelled
    assert not any(key.endswith("/input.json") for key in store.objects)


def test_cancelling_what_has_ended_leaves_it(client, create, queue):
    url = f"{URL}/{create(background=True)['id']}"
    queue.end(*queue.requests, answer())

    assert client.post(f"{url}/cancel").json()["status"] == "completed"


def test_an_answer_that_comes_while_cancelling_wins_if_it_is_first(
    client, create, store, monkeypatch
):
    response_id = create(background=True)["id"]
    create_object = store.create

    def beaten(key, body, content_type="application/json"):
        monkeypatch.setattr(store, "create", create_object)
        owner = key.split("/")[1]
        ResponseStore(store).settle(owner, response_id, Outcome(status="completed"))
        create_object(key, body)

    monkeypatch.setattr(store, "create", beaten)

    assert client.post(f"{URL}/{response_id}/cancel").json()["status"] == "completed"


def test_only_background_responses_can_be_cancelled(client, create):
    asked = client.post(f"{URL}/{create()['id']}/cancel")

    assert asked.status_code == 400
    assert "background" in asked.json()["error"]["message"]


@pytest.mark.parametrize(("method", "action"), [("GET", ""), ("POST", "/cancel"), ("DELETE", "")])
def test_another_keys_response_and_rubbish_are_not_found(client, create, method, action, store):
    response_id = create(background=True)["id"]
    before = dict(store.objects)

    theirs = client.request(method, f"{URL}/{response_id}{action}", headers=as_owner("you"))
    rubbish = [client.request(method, f"{URL}/{text}{action}") for text in RUBBISH_IDS]

    for answer_ in [theirs, *rubbish]:
        assert answer_.status_code in {404, 405}
        assert answer_.json()["error"]["type"] == "invalid_request_error"
    assert store.objects == before


def test_deleting_a_running_response_drops_its_answer(client, create, queue, store):
    url = f"{URL}/{create(background=True)['id']}"
    client.delete(url)
    queue.end(*queue.requests, answer())

    assert client.get(url).status_code == 404
    assert not any(key.endswith("request.json") for key in store.objects)


def test_a_kept_response_is_not_streamed(client, create):
    asked = client.get(f"{URL}/{create()['id']}?stream=true")

    assert asked.status_code == 400
    assert asked.json()["error"]["param"] == "stream"


def test_without_storage_responses_are_answered_and_not_kept(unkept):
    response = unkept.post(URL, json={"model": "twin", "input": "hi"}).json()
    url = f"{URL}/{response['id']}"

    assert response["status"] == "completed"
    assert response["store"] is False
    assert unkept.get(url).status_code == 404
    assert unkept.post(f"{url}/cancel").status_code == 404
    assert unkept.delete(url).status_code == 404


@pytest.mark.parametrize(
    "fields", [{"background": True}, {"previous_response_id": f"resp_{'0' * 32}"}]
)
def test_what_needs_storage_says_so(unkept, fields):
    asked = unkept.post(URL, json={"model": "twin", "input": "hi", **fields})

    assert asked.status_code == 400
    assert asked.json()["error"]["param"] == next(iter(fields))
