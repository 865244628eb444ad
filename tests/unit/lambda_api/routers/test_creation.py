"""Requests that create: one header, the same for files, batches and background responses."""

from __future__ import annotations

import pytest

from tests.support.service.batch_world import requests


def upload(client, content=b"{}\n", key="k"):
    form = {"files": {"file": ("a.jsonl", content)}, "data": {"purpose": "batch"}}
    return client.post("/v1/files", headers={"idempotency-key": key}, **form)


@pytest.fixture
def create(batch_client):
    file = upload(batch_client, requests(2), "file").json()

    def create(key="k", **changes):
        body = {"input_file_id": file["id"], "endpoint": "/v1/chat/completions"}
        body |= {"completion_window": "24h", **changes}
        return batch_client.post("/v1/batches", json=body, headers={"idempotency-key": key})

    return create


def test_an_upload_sent_twice_is_one_file_though_its_boundary_differs(batch_client):
    first, second = upload(batch_client), upload(batch_client)

    assert first.request.headers["content-type"] != second.request.headers["content-type"]
    assert first.json() == second.json()
    assert len(batch_client.get("/v1/files").json()["data"]) == 1


def test_an_announced_file_is_given_its_url_again(batch_client):
    body = {"purpose": "batch", "filename": "a.jsonl", "bytes": 7}
    first, second = (
        batch_client.post("/v1/files", json=body, headers={"idempotency-key": "k"}).json()
        for _ in range(2)
    )

    assert first == second
    assert second["upload_url"]


def test_other_content_under_the_same_key_is_a_conflict(batch_client):
    upload(batch_client)
    refused = upload(batch_client, b"{} \n")

    assert refused.status_code == 409
    assert refused.headers["x-should-retry"] == "false"
    assert refused.json()["error"]["param"] == "Idempotency-Key"


def test_a_batch_sent_twice_is_started_once(create, executions):
    batch = create().json()

    assert create().json() == batch
    assert executions.calls == [("start", batch["id"])]
    assert create("l").json()["id"] != batch["id"]
    assert create(metadata={"a": "b"}).status_code == 409


def test_files_and_batches_have_keys_of_their_own(batch_client, create):
    assert upload(batch_client).status_code == create().status_code == 200


def test_a_key_that_is_none_is_refused(create):
    refused = create("two words")

    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "Idempotency-Key"


def test_every_request_that_creates_an_object_is_described_with_its_key(batch_client):
    paths = batch_client.get("/openapi.json").json()["paths"]

    for path in ("/v1/files", "/v1/batches", "/v1/responses"):
        (header,) = paths[path]["post"]["parameters"]
        assert (header["name"], header["in"]) == ("Idempotency-Key", "header")
