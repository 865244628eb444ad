"""Files over HTTP."""

from __future__ import annotations

import json

import pytest

from lambda_api.routers.files import MAX_DIRECT_BYTES

URL = "/v1/files"


@pytest.fixture
def upload(batch_client):
    def upload(content=b"{}\n"):
        form = {"files": {"file": ("a.jsonl", content)}, "data": {"purpose": "batch"}}
        return batch_client.post(URL, **form).json()

    return upload


def test_a_file_is_found_listed_read_and_deleted(batch_client, upload):
    file = upload()
    url = f"{URL}/{file['id']}"

    assert batch_client.get(url).json() == file
    assert batch_client.get(URL).json()["data"] == [file]
    assert batch_client.get(f"{url}/content").content == b"{}\n"
    assert batch_client.delete(url).json()["deleted"] is True
    assert batch_client.get(url).status_code == 404


@pytest.mark.parametrize("content", [b"x" * (MAX_DIRECT_BYTES + 1), b"\xff\x00"])
def test_what_does_not_fit_an_answer_is_a_redirect(batch_client, upload, content):
    url = f"{URL}/{upload(content)['id']}/content"

    assert batch_client.get(url, follow_redirects=False).status_code == 302


def test_an_announced_file_has_a_url_and_no_content_yet(batch_client):
    body = json.dumps({"purpose": "batch", "filename": "a.jsonl", "bytes": 7})
    file = batch_client.post(URL, content=body, headers={"content-type": "application/json"}).json()
    refused = batch_client.get(f"{URL}/{file['id']}/content")

    assert file["status"] == "uploaded"
    assert file["upload_url"]
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "file_id"


def test_without_a_bucket_there_are_no_files(client):
    assert client.get(URL).status_code == 404
