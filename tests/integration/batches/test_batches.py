"""Files and batches: the official client, the service over the local cloud's S3, jobs as on AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx2
import openai
import pytest
from openai.types import Completion
from openai.types.responses import Response

from lambda_api.chat.service import MAX_PAYLOAD_BYTES
from lambda_api.main import create_app
from lambda_api.routers.files import MAX_DIRECT_BYTES
from tests.support.eventually import LONG
from tests.support.service.batch_world import jsonl, request
from tests.support.service.serving import served

CHAT = "/v1/chat/completions"
BUCKET = "batches"


def client_of(url: str, key_id: str) -> openai.OpenAI:
    """A client whose requests come through the Web Adapter with this API key."""
    context = json.dumps({"identity": {"apiKeyId": key_id}})
    return openai.OpenAI(
        base_url=url,
        api_key="k" * 40,
        max_retries=0,
        default_headers={"x-amzn-request-context": context},
    )


@pytest.fixture
def client(batch_url, request) -> Iterator[openai.OpenAI]:
    with client_of(batch_url, request.node.name) as client:
        yield client


def upload(client, content: bytes):
    return client.files.create(file=("requests.jsonl", content), purpose="batch")


def create(client, file_id: str, **changes):
    wanted = {"endpoint": CHAT, "completion_window": "24h", **changes}
    return client.batches.create(input_file_id=file_id, **wanted)


def lines(client, file_id: str):
    return [json.loads(line) for line in client.files.content(file_id).text.splitlines()]


def requests(count: int) -> bytes:
    return jsonl(request(f"r{n}") for n in range(count))


def test_a_batch_is_run_with_the_official_client(client, machine):
    machine.refused = {"r5"}
    file = upload(client, requests(10))
    batch = create(client, file.id, metadata={"run": "nightly"})
    assert batch.status == "validating"
    assert batch.expires_at - batch.created_at == 86_400
    machine.may_run.set()
    machine.join()
    batch = client.batches.retrieve(batch.id)

    assert batch.status == "completed"
    assert batch.metadata == {"run": "nightly"}
    assert (batch.request_counts.completed, batch.request_counts.failed) == (9, 1)
    assert batch.usage.total_tokens == 63
    answers = lines(client, batch.output_file_id)
    assert [line["custom_id"] for line in answers] == [f"r{n}" for n in range(10) if n != 5]
    assert [line["custom_id"] for line in lines(client, batch.error_file_id)] == ["r5"]
    written = client.files.list(purpose="batch_output").data
    assert {file.id for file in written} == {batch.output_file_id, batch.error_file_id}


@pytest.mark.parametrize("path", ["/v1/completions", "/v1/responses"])
def test_other_formats_are_run_with_the_official_client(client, machine, path):
    machine.may_run.set()
    content = jsonl(request(f"r{n}", path) for n in range(5))
    batch = create(client, upload(client, content).id, endpoint=path)
    machine.join()
    batch = client.batches.retrieve(batch.id)

    assert (batch.status, batch.endpoint) == ("completed", path)
    bodies = [line["response"]["body"] for line in lines(client, batch.output_file_id)]
    if path == "/v1/responses":
        texts = [Response.model_validate(body).output_text for body in bodies]
    else:
        texts = [Completion.model_validate(body).choices[0].text for body in bodies]
    assert texts == [f"about r{n}" for n in range(5)]


def test_wrong_lines_are_listed_and_no_job_runs(client, machine):
    content = b"{\n" + jsonl([request("a"), request("a"), request("b", url="/v1/embeddings")])
    batch = create(client, upload(client, content).id)
    machine.join()
    failed = client.batches.retrieve(batch.id)

    assert failed.status == "failed"
    assert [(error.line, error.code) for error in failed.errors.data] == [
        (1, "invalid_json_line"),
        (3, "duplicate_custom_id"),
        (4, "url_mismatch"),
    ]


def test_a_running_batch_can_be_cancelled_once(client, machine):
    batch = create(client, upload(client, requests(3)).id)
    machine_name = f"{batch.id}-cancel"
    assert client.batches.cancel(batch.id).status == "cancelling"
    machine.may_run.set()
    machine.join()

    assert client.batches.retrieve(batch.id).status == "cancelled"
    with pytest.raises(openai.ConflictError, match="status 'cancelled'"):
        client.batches.cancel(batch.id)
    assert machine.started == [batch.id, machine_name]


def test_a_finished_batch_cannot_be_cancelled(client, machine):
    machine.may_run.set()
    batch = create(client, upload(client, requests(1)).id)
    machine.join()

    with pytest.raises(openai.ConflictError, match="status 'completed'"):
        client.batches.cancel(batch.id)
    assert machine.started == [batch.id]


@pytest.mark.parametrize(
    ("changes", "status", "param"),
    [
        ({"input_file_id": "file-none"}, 404, "input_file_id"),
        ({"input_file_id": "../../batches"}, 404, "input_file_id"),
        ({"endpoint": "/v1/embeddings"}, 400, "endpoint"),
        ({"completion_window": "7d"}, 400, "completion_window"),
        ({"metadata": {"k": "v" * 513}}, 400, "metadata.k"),
        ({"output_expires_after": {"anchor": "created_at", "seconds": 1}}, 400, None),
    ],
)
def test_a_batch_that_makes_no_sense_is_refused_and_not_started(
    client, machine, changes, status, param
):
    wanted = {"input_file_id": upload(client, requests(1)).id, "endpoint": CHAT}
    with pytest.raises(openai.APIStatusError) as caught:
        client.batches.create(**{**wanted, "completion_window": "24h", **changes})

    assert caught.value.status_code == status
    assert caught.value.type == "invalid_request_error"
    assert caught.value.param == (param or "output_expires_after.seconds")
    assert machine.started == []
    assert client.batches.list().data == []


def test_what_a_batch_wrote_is_no_input(client, machine):
    machine.may_run.set()
    batch = create(client, upload(client, requests(1)).id)
    machine.join()
    output = client.batches.retrieve(batch.id).output_file_id

    with pytest.raises(openai.BadRequestError, match="must be 'batch', got 'batch_output'"):
        create(client, output)


def test_another_key_sees_nothing(client, batch_url, machine):
    machine.may_run.set()
    file = upload(client, requests(1))
    batch = create(client, file.id)
    machine.join()
    with client_of(batch_url, "another key") as other:
        for call in (
            lambda: other.files.retrieve(file.id),
            lambda: other.files.content(file.id),
            lambda: other.files.delete(file.id),
            lambda: other.batches.retrieve(batch.id),
            lambda: other.batches.cancel(batch.id),
            lambda: create(other, file.id),
        ):
            with pytest.raises(openai.NotFoundError):
                call()
        assert other.files.list().data == other.batches.list().data == []


def test_a_batch_and_its_files_are_deleted_whole(client, machine, storage):
    machine.may_run.set()
    machine.refused = {"r5"}
    batch = create(client, upload(client, requests(10)).id)
    with pytest.raises(openai.ConflictError, match="cancel that first"):
        client.files.delete(batch.input_file_id)
    machine.join()
    batch = client.batches.retrieve(batch.id)
    assert storage_of(storage, batch)

    deleted = client.delete(f"/batches/{batch.id}", cast_to=object)

    assert deleted == {"id": batch.id, "object": "batch", "deleted": True}
    assert storage_of(storage, batch) == []
    for file_id in (batch.input_file_id, batch.output_file_id, batch.error_file_id):
        assert client.files.delete(file_id).deleted
    with pytest.raises(openai.NotFoundError):
        client.batches.retrieve(batch.id)
    assert client.files.list().data == client.batches.list().data == []


def storage_of(storage, batch):
    return [info.key for info in storage.list("batches/") if f"/{batch.id}/" in info.key]


def test_a_request_that_is_sent_twice_creates_once(client, machine):
    def twice(call):
        return [call({"Idempotency-Key": "k"}).id for _ in range(2)]

    def send_file(headers):
        file = ("requests.jsonl", requests(1))
        return client.files.create(file=file, purpose="batch", extra_headers=headers)

    file, again = twice(send_file)
    batch, same = twice(lambda headers: create(client, file, extra_headers=headers))

    assert (file, batch) == (again, same)
    assert machine.started == [batch]
    with pytest.raises(openai.ConflictError, match="another body"):
        create(client, file, metadata={"a": "b"}, extra_headers={"Idempotency-Key": "k"})
    assert len(client.batches.list().data) == len(client.files.list().data) == 1


def test_lists_begin_with_the_newest_and_go_on_where_they_ended(client, machine):
    files = [upload(client, requests(n)).id for n in (1, 2, 3, 4, 5)]
    batches = [create(client, file).id for file in files[:3]]

    assert [file.id for file in client.files.list(limit=2)] == files[::-1]
    assert [file.id for file in client.files.list(limit=2, order="asc")] == files
    assert [file.id for file in client.files.list(after=files[2])] == files[1::-1]
    assert [file.id for file in client.files.list(after=files[2], order="asc")] == files[3:]
    assert [batch.id for batch in client.batches.list(limit=2)] == batches[::-1]
    page = client.batches.list(limit=2)
    assert page.has_more
    assert len(page.data) == 2


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "order=up"])
def test_a_list_that_makes_no_sense_is_refused(client, query):
    with pytest.raises(openai.BadRequestError) as caught:
        client.get(f"/files?{query}", cast_to=object)

    assert caught.value.param == query.partition("=")[0]


def test_a_file_can_be_looked_at_read_and_deleted(client):
    expiry = {"anchor": "created_at", "seconds": 3600}
    content = "Grüße\n".encode()
    file = client.files.create(file=("a.jsonl", content), purpose="batch", expires_after=expiry)

    assert client.files.retrieve(file.id) == file
    assert (file.bytes, file.filename, file.status) == (len(content), "a.jsonl", "processed")
    assert file.expires_at - file.created_at == 3600
    assert client.files.content(file.id).read() == content
    assert client.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file.id)


@pytest.mark.parametrize("content", [b"x" * (MAX_DIRECT_BYTES + 1), b"\xff\x00"])
def test_what_does_not_fit_an_answer_comes_from_the_bucket(client, content):
    assert client.files.content(upload(client, content).id).read() == content


def test_a_large_file_goes_straight_to_the_bucket(client, machine):
    message = {"role": "user", "content": "u" * 1_200_000}
    body = {**request("x")["body"], "messages": [message]}
    content = jsonl(request(f"r{n}", body=body) for n in range(7))
    assert len(content) > MAX_PAYLOAD_BYTES
    announced = {"purpose": "batch", "filename": "big.jsonl", "bytes": len(content)}
    answer = client.post("/files", body=announced, cast_to=object)
    file = client.files.retrieve(answer["id"])
    assert file.status == "uploaded"
    with pytest.raises(openai.BadRequestError, match="not been uploaded yet"):
        create(client, file.id)
    with pytest.raises(openai.BadRequestError, match="not been uploaded yet"):
        client.files.content(file.id)
    httpx2.put(answer["upload_url"], content=content).raise_for_status()
    machine.may_run.set()
    batch = create(client, file.id)
    machine.join()

    assert client.files.retrieve(file.id).status == "processed"
    assert client.batches.retrieve(batch.id).request_counts.completed == 7


@pytest.mark.parametrize(
    ("send", "param", "message"),
    [
        ({"files": {"file": b"x"}, "data": {}}, "purpose", "field required"),
        ({"files": {"file": b"x"}, "data": {"purpose": "vision"}}, "purpose", "'vision'"),
        ({"files": {"file": b""}, "data": {"purpose": "batch"}}, "file", "empty"),
        ({"files": {"other": b"x"}, "data": {"purpose": "batch"}}, "file", "field required"),
        ({"json": {"purpose": "batch", "filename": "x", "bytes": 0}}, "file", "empty"),
        ({"json": {"purpose": "batch", "filename": "x", "bytes": 250_000_000}}, "file", "at most"),
        ({"json": {"purpose": "batch", "filename": "x"}}, "bytes", "field required"),
        ({"json": {"purpose": "batch", "bytes": 1, "filename": ""}}, "filename", "at least 1"),
        ({"json": [1]}, None, "must be a JSON object"),
        ({"content": b"{"}, None, "multipart/form-data"),
        ({"content": b"", "headers": {"content-type": "multipart/form-data"}}, None, "boundary"),
    ],
)
def test_an_upload_that_makes_no_sense_is_refused(batch_url, send, param, message):
    answer = httpx2.post(f"{batch_url}/files", **send, timeout=LONG)
    error = answer.json()["error"]

    assert answer.status_code == 400
    assert error["type"] == "invalid_request_error"
    assert error["param"] == param
    assert message in error["message"]


def test_a_form_over_the_limit_is_a_413(batch_url):
    answer = httpx2.post(f"{batch_url}/files", files={"file": b"x" * 7_000_000}, timeout=LONG)

    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "request_too_large"


def test_without_a_bucket_there_are_no_files(machine):
    settings = machine.runs.settings.model_copy(update={"batch_bucket": None})
    with served(create_app(settings, object())) as bare:
        assert httpx2.get(f"{bare}/v1/files", timeout=LONG).status_code == 404


def test_parts_of_any_size_become_one_object(storage):
    parts = [b"", b"a" * 3_000_000, b"b", b"c" * 9_000_000]

    assert storage.upload("parts", parts) == 12_000_001
    assert b"".join(storage.stream("parts")) == b"".join(parts)
    assert storage.upload("parts", []) == 0


def test_folders_are_listed_without_what_is_in_them(storage):
    for key in ("f/a/1", "f/a/2", "f/b/1", "f/c/d/1", "f/file"):
        storage.put(key, b"")

    assert list(storage.folders("f/")) == ["a", "b", "c"]
    assert list(storage.folders("f/", after="a")) == ["b", "c"]
