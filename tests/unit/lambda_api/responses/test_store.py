"""Responses that are kept, as they get on, end and are deleted."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from lambda_api.errors import StorageError
from lambda_api.response_objects.schemas import Outcome
from lambda_api.responses.store import ResponseStore
from tests.support.service.fake_queue import answer
from tests.support.service.responses_app import URL, as_owner

RUBBISH_IDS = [
    "x",
    "resp_",
    f"resp_{'g' * 32}",
    f"resp_{'0' * 32}",
    "..",
    "%2e%2e%2fa",
    "a" * 5000,
]


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


@pytest.mark.parametrize("call", ["get", "cancel", "previous"])
def test_a_failure_is_found_when_its_message_is_lost(client, create, queue, call):
    response_id = create(background=True)["id"]
    url = f"{URL}/{response_id}"
    queue.fail(*queue.requests, "lost", b'{"error":{"message":"context too long","code":400}}')
    if call == "cancel":
        client.post(f"{url}/cancel")
    if call == "previous":
        assert "failed" in create(previous_response_id=response_id)["error"]["message"]
    found = client.get(url).json()

    assert found["status"] == "failed"
    assert found["error"] == {"code": "invalid_prompt", "message": "context too long"}


def test_an_answer_beside_a_failure_wins(client, create, queue):
    # InvokeEndpointAsync was retried, so that SageMaker ran the request twice.
    url = f"{URL}/{create(background=True)['id']}"
    queue.fail(*queue.requests, "once", b"{}")
    queue.end(*queue.requests, answer())

    assert client.get(url).json()["status"] == "completed"


DAMAGED = [b"", b'{"response":', b"[]", b'{"response":{"id":7}}', b"\xff"]


@pytest.mark.parametrize("which", ["request.json", "result.json"])
@pytest.mark.parametrize("body", DAMAGED)
def test_what_is_damaged_says_so_and_can_be_deleted(client, create, queue, store, which, body):
    response_id = create(background=True)["id"]
    url = f"{URL}/{response_id}"
    queue.end(*queue.requests, answer())
    client.get(url)
    (key,) = [key for key in store.objects if key.endswith(which)]
    store.put(key, body)

    for asked in (client.get(url), client.post(f"{url}/cancel")):
        assert asked.status_code == 500
        assert asked.json()["error"]["code"] == "unreadable_object"
        assert response_id in asked.json()["error"]["message"]
    assert client.delete(url).json()["deleted"] is True
    assert client.get(url).status_code == 404
    assert not any(key.endswith("request.json") for key in store.objects)


def test_a_deletion_that_broke_off_can_be_tried_again(client, create, store, monkeypatch):
    url = f"{URL}/{create(background=True)['id']}"
    with monkeypatch.context() as broken:
        broken.setattr(store, "delete", lambda key: (_ for _ in ()).throw(StorageError("away")))
        assert client.delete(url).status_code == 503

    assert client.delete(url).status_code == 200
    assert not any(key.endswith("request.json") for key in store.objects)
