"""Responses at once, and conversations that go on from them."""

from __future__ import annotations

import json

import pytest

from lambda_api.chat.truncation import OVERFLOW
from lambda_api.errors import InvalidRequestError, StorageError
from tests.support.service.fake_queue import answer
from tests.support.service.responses_app import URL, as_owner


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


def test_what_is_not_read_is_not_echoed(client):
    """It may hold what JSON cannot."""
    body = b'{"model": "twin", "input": "x", "user": 5, "text": {"tone": "\\ud800"}}'

    assert client.post(URL, content=body).json()["text"] == {
        "format": {"type": "text"},
        "verbosity": "medium",
    }


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


def test_a_turn_refers_to_the_items_of_earlier_responses(create, upstream):
    first = create(input="hi")
    said = {"role": "user", "content": "hi"}
    second = create(input=[said, {"type": "item_reference", "id": first["output"][0]["id"]}, said])
    listed = [{"id": item["id"]} for kept in (first, second) for item in kept["output"]]
    create(input=[said, *listed, said])

    hello = {"role": "assistant", "content": "Hello"}
    assert json.loads(upstream.payloads[1])["messages"] == [said, hello, said]
    assert json.loads(upstream.payloads[2])["messages"] == [said, hello, hello, said]


def test_a_turn_does_not_refer_to_another_keys_items(client, create):
    reference = {"type": "item_reference", "id": create()["output"][0]["id"]}
    body = {"model": "twin", "input": [reference]}
    asked = client.post(URL, json=body, headers=as_owner("you"))

    assert asked.status_code == 404
    assert asked.json()["error"]["param"] == "input[0].id"


def test_the_oldest_turns_are_dropped_where_that_is_asked_for(client, upstream, monkeypatch):
    turns = [{"role": "user", "content": str(n)} for n in range(6)]
    note = upstream._note

    def refuse_if_long(payload, prefix):
        note(payload, prefix)
        if len(json.loads(payload)["messages"]) > 3:
            error = InvalidRequestError("too long")
            error.code = OVERFLOW
            raise error

    monkeypatch.setattr(upstream, "_note", refuse_if_long)
    body = {"model": "twin", "input": turns, "instructions": "be brief"}
    cut = client.post(URL, json=body | {"truncation": "auto"}).json()
    refused = client.post(URL, json=body)

    assert (cut["status"], cut["truncation"]) == ("completed", "auto")
    sizes = [len(json.loads(payload)["messages"]) for payload in upstream.payloads]
    assert sizes == [7, 5, 4, 3, 7]
    assert json.loads(upstream.payloads[3])["messages"] == [
        {"role": "system", "content": "be brief"},
        *turns[-2:],
    ]
    assert refused.json()["error"]["code"] == OVERFLOW


def test_tools_that_are_not_run_are_left_out_with_a_warning(create, upstream, caplog):
    function = {"type": "function", "name": "f", "parameters": {"type": "object"}}
    response = create(tools=[{"type": "web_search"}, function], metadata={"a": "b"})

    assert response["metadata"] == {"a": "b", "left_out_tools": "web_search"}
    assert [tool["name"] for tool in response["tools"]] == ["f"]
    assert len(json.loads(upstream.payloads[0])["tools"]) == 1
    assert "left out: web_search" in caplog.text


def test_the_cache_key_told_back_is_the_callers(create):
    assert create(prompt_cache_key="mine")["prompt_cache_key"] == "mine"
    assert create(previous_response_id=create()["id"])["prompt_cache_key"] is None


def test_a_conversation_does_not_go_on_from_another_keys_response(client, create):
    body = {"model": "twin", "input": "x", "previous_response_id": create()["id"]}
    asked = client.post(URL, json=body, headers=as_owner("you"))

    assert asked.status_code == 400
    assert asked.json()["error"]["code"] == "previous_response_not_found"


def test_a_conversation_does_not_go_on_from_what_has_no_answer(client, create):
    body = {"model": "twin", "input": "x", "previous_response_id": create(background=True)["id"]}

    assert "is queued" in client.post(URL, json=body).json()["error"]["message"]


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
