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
