"""Responses that are answered later."""

from __future__ import annotations

import json

import pytest

from lambda_api.errors import ThrottledError
from lambda_api.responses.background import ended_responses
from lambda_api.responses.names import response_behind
from lambda_api.responses.store import ResponseStore
from tests.support.service.fake_queue import answer
from tests.support.service.responses_app import URL


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


def post(client, key, **fields):
    body = {"model": "twin", "input": "hi", "background": True, **fields}
    return client.post(URL, json=body, headers={"idempotency-key": key})


def test_a_request_sent_twice_is_queued_once(client, queue):
    first, second = post(client, "k"), post(client, "k")

    assert first.json() == second.json()
    assert len(queue.requests) == 1
    assert post(client, "k", input="else").status_code == 409
    assert post(client, "l").json()["id"] != first.json()["id"]


def test_a_request_that_was_queued_but_not_answered_is_not_queued_again(client, queue, store):
    first = post(client, "k").json()
    (key,) = [key for key in store.objects if "~keys" in key]
    claim = json.loads(store.objects[key].body)
    store.put(key, json.dumps({**claim, "is_made": False, "claimed_at": 0}).encode())

    assert post(client, "k").json() == first
    assert len(queue.requests) == 1


def test_a_request_that_was_refused_may_be_sent_again(client, queue):
    queue.refusal = ThrottledError("later")
    refused = post(client, "k")
    queue.refusal = None

    assert refused.status_code == 429
    assert post(client, "k").json()["status"] == "queued"


def test_a_deleted_response_is_not_made_again(client, queue):
    made = post(client, "k").json()
    client.delete(f"{URL}/{made['id']}")

    assert post(client, "k").status_code == 409
    assert len(queue.requests) == 1


def test_a_response_at_once_ignores_the_key(client):
    assert len({post(client, "k", background=False).json()["id"] for _ in range(2)}) == 2


def test_what_sagemaker_answered_is_told_from_what_is_in_its_queue(client, create, queue, store):
    answered, waits, cancelled, deleted = (create(background=True)["id"] for _ in range(4))
    names = dict(response_behind(name)[::-1] for name in queue.requests)
    owner = names[answered]
    client.post(f"{URL}/{cancelled}/cancel")
    client.delete(f"{URL}/{deleted}")
    queue.end(next(iter(queue.requests)), answer())

    asked = [answered, waits, cancelled, deleted, "resp_never-made"]
    assert ended_responses(ResponseStore(store), owner, asked) == [answered]


def test_a_response_whose_state_cannot_be_read_counts_as_in_flight(create, queue, store):
    broken = create(background=True)["id"]
    ((owner, _),) = map(response_behind, queue.requests)
    store.put(f"responses/{owner}/{broken}/request.json", b"{")

    assert ended_responses(ResponseStore(store), owner, [broken]) == []
