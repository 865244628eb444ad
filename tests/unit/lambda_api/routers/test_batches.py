"""Batches over HTTP."""

from __future__ import annotations

import json

import pytest

from tests.support.service.batch_world import requests

URL = "/v1/batches"
OTHER = {"x-amzn-request-context": json.dumps({"identity": {"apiKeyId": "other"}})}


@pytest.fixture
def batch(batch_client):
    form = {"files": {"file": ("a.jsonl", requests(2))}, "data": {"purpose": "batch"}}
    file = batch_client.post("/v1/files", **form).json()
    body = {"input_file_id": file["id"], "endpoint": "/v1/chat/completions"}
    return batch_client.post(URL, json={**body, "completion_window": "24h"}).json()


def test_a_batch_is_started_found_and_listed(batch_client, batch, executions):
    assert batch["status"] == "validating"
    assert executions.calls == [("start", batch["id"])]
    assert batch_client.get(f"{URL}/{batch['id']}").json() == batch
    assert batch_client.get(URL).json()["data"] == [batch]


def test_a_cancel_may_be_sent_again(batch_client, batch):
    url = f"{URL}/{batch['id']}/cancel"

    assert batch_client.post(url).json()["status"] == "cancelling"
    assert batch_client.post(url).json()["status"] == "cancelling"


def test_a_running_batch_is_not_deleted(batch_client, batch):
    refused = batch_client.delete(f"{URL}/{batch['id']}")

    assert refused.status_code == 409
    assert refused.headers["x-should-retry"] == "false"
    assert "cancel it first" in refused.json()["error"]["message"]
    assert batch_client.delete(f"/v1/files/{batch['input_file_id']}").status_code == 409


def test_another_key_sees_nothing(batch_client, batch):
    assert batch_client.get(f"{URL}/{batch['id']}", headers=OTHER).status_code == 404
    assert batch_client.post(f"{URL}/{batch['id']}/cancel", headers=OTHER).status_code == 404
    assert batch_client.delete(f"{URL}/{batch['id']}", headers=OTHER).status_code == 404
    assert batch_client.get(URL, headers=OTHER).json()["data"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x"])
def test_a_list_has_1_to_100_items(batch_client, query):
    assert batch_client.get(f"{URL}?{query}").status_code == 400


def test_what_cannot_be_read_is_left_out_reported_refused_and_deleted(
    batch_client, batch, batch_store, executions, capsys
):
    for key in list(batch_store.objects):
        if key.endswith(".json"):
            batch_store.put(key, b"{")
    for url, broken in ((URL, batch["id"]), ("/v1/files", batch["input_file_id"])):
        capsys.readouterr()
        assert batch_client.get(url).json()["data"] == []
        reported, _ = map(json.loads, capsys.readouterr().out.splitlines())
        assert (reported["UnreadableObjects"], reported["object_id"]) == ([1.0], broken)
        refused = batch_client.get(f"{url}/{broken}")
        assert (refused.status_code, refused.json()["error"]["code"]) == (500, "unreadable_object")
        assert batch_client.delete(f"{url}/{broken}").json()["deleted"] is True
        assert batch_client.get(f"{url}/{broken}").status_code == 404

    assert ("stop", batch["id"]) in executions.calls
