"""The features' three functions as Lambda runs them, on the local cloud's S3 and SQS."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from unittest import mock

import boto3
import openai
import pytest

from features.aws.s3 import S3Bucket
from features.handlers import document, publish, search
from features.ingestion import publisher
from features.settings import SettingsError
from features.storage.object_store import ChangedError
from lambda_api.main import create_app
from tests.support.features import functions
from tests.support.features.functions import notified, receive, record
from tests.support.service.fake_upstream import FakeUpstream
from tests.support.service.serving import served
from tests.support.service.vector_store_world import settings


@pytest.fixture
def bucket(cloud_environment, monkeypatch):
    """A bucket of its own, and the environment of the functions."""
    return functions.connect(monkeypatch, cloud_environment)


class Running:
    """The context of a function, with the milliseconds that it has left."""

    def __init__(self, left: int = 300_000) -> None:
        self.get_remaining_time_in_millis = lambda: left


def ask(query, **told):
    search.handler({"warm": True}, None)
    return search.handler({"store": "docs", "query": query, **told}, None)


def test_a_document_from_the_bucket_to_the_answer(bucket, capsys):
    s3 = boto3.client("s3")
    key = "documents/docs/Über uns/a b.md"
    text = b"# Opening hours\n\nThe library closes at nine in the evening.\n"
    s3.put_object(Bucket=bucket, Key=key, Body=text, Metadata={"audience": "public"})

    assert document.handler(notified(key), None) == {"batchItemFailures": []}
    assert publish.handler(receive("publish", bucket), None) == {"batchItemFailures": []}

    status = search.handler({"status": True, "store": "docs", "files": True}, None)
    assert status["files"]["Über uns/a b.md"]["state"] == "ready"
    content = {"content": "Über uns/a b.md", "store": "docs"}
    assert "".join(search.handler(content, None)["texts"]).encode() == text
    counted = search.handler({"counts": ["docs"]}, None)
    assert counted == {"counts": {"docs": {"ready": 1, "failed": 0}}}

    (result,) = ask("until when can I borrow books?")["results"]
    assert (result["path"], result["filename"]) == ("Über uns/a b.md", "a b.md")
    assert result["attributes"] == {"audience": "public"}
    assert '"FreshnessSeconds"' in capsys.readouterr().out

    s3.delete_object(Bucket=bucket, Key=key)
    document.handler(notified(key), None)
    publish.handler(receive("publish", bucket), None)
    assert ask("until when can I borrow books?")["results"] == []
    assert publish.handler({"sweep": True}, Running()) == {"swept": {}}, (
        "readers may hold it for an hour"
    )
    assert publish.handler({"sweep": True}, Running(left=10_000)) == {"swept": {}}
    assert "not all stores were looked at" in capsys.readouterr().out
    S3Bucket.connect(bucket).put("index/other/none-000000000000/current.json", b"damaged")
    assert publish.handler({"sweep": True}, Running()) == {"swept": {}}


def test_a_message_that_is_none_comes_again_and_the_others_are_taken(bucket):
    boto3.client("s3").put_object(Bucket=bucket, Key="documents/docs/a.txt", Body=b"quokka")
    broken = record("broken", "no JSON")
    good = notified("documents/docs/a.txt")["Records"][0]

    for handler, which in ((document.handler, good), (publish.handler, None)):
        records = [broken, which or receive("publish", bucket)["Records"][0]]
        answer = handler({"Records": records}, None)
        assert answer == {"batchItemFailures": [{"itemIdentifier": "broken"}]}

    assert len(ask("quokka")["results"]) == 1


def freshness(printed):
    lines = [json.loads(line) for line in printed.splitlines()]
    return [line["FreshnessSeconds"] for line in lines if "FreshnessSeconds" in line]


def test_freshness_is_that_of_the_change_and_not_of_the_document(bucket, capsys):
    s3, key = boto3.client("s3"), "documents/docs/a.txt"
    s3.put_object(Bucket=bucket, Key=key, Body=b"quokka")
    long_ago = (datetime.now(UTC) - timedelta(days=10)).isoformat()
    document.handler(notified(key, time=long_ago), None)
    publish.handler(receive("publish", bucket), None)
    assert freshness(capsys.readouterr().out) == [pytest.approx(864_000, abs=60)]

    beside = f"{key}.metadata.json"
    s3.put_object(Bucket=bucket, Key=beside, Body=b'{"metadataAttributes": {"language": "en"}}')
    document.handler(notified(beside), None)
    publish.handler(receive("publish", bucket), None)
    assert freshness(capsys.readouterr().out) == [pytest.approx(0, abs=60)]

    objects = S3Bucket.connect(bucket)
    for info in list(objects.list("index/")):
        objects.delete(info.key)
    document.handler({"reindex": "docs"}, None)
    document.handler(receive("document", bucket), None)
    publish.handler(receive("publish", bucket), None)
    assert freshness(capsys.readouterr().out) == [], "nobody changed it"


@pytest.mark.parametrize(
    ("which", "handler"), [("document", document.handler), ("publish", publish.handler)]
)
def test_a_message_that_failed_comes_again_when_its_function_says(bucket, which, handler):
    client = boto3.client("sqs")
    url = client.get_queue_url(QueueName=f"{which}-{bucket}")["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody="no JSON")
    (message,) = client.receive_message(QueueUrl=url, VisibilityTimeout=1800)["Messages"]
    failed = record(message["MessageId"], message["Body"], message["ReceiptHandle"])
    # By no second, so that nobody has to wait.
    with mock.patch("features.handlers.come_again.failure_delay", return_value=0):
        assert len(handler({"Records": [failed]}, None)["batchItemFailures"]) == 1
    (again,) = client.receive_message(QueueUrl=url)["Messages"]
    assert again["MessageId"] == message["MessageId"]


def test_a_publication_in_several_steps_is_one_message(bucket, monkeypatch):
    monkeypatch.setattr(publisher, "_MOST_CHUNKS", 1)
    monkeypatch.setattr(publisher, "_THREADS", 1)
    for name in ("a", "b", "c"):
        key = f"documents/docs/{name}.txt"
        boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=b"quokka")
        document.handler(notified(key), None)
    assert publish.handler(receive("publish", bucket), None) == {"batchItemFailures": []}
    assert len(ask("quokka")["results"]) == 3


def test_a_test_event_names_no_document(bucket):
    event = {"Records": [record("1", '{"Event": "s3:TestEvent"}')]}
    assert document.handler(event, None) == {"batchItemFailures": []}


def test_reindexing_sends_each_document_once(bucket):
    for path in ("a.md", "a.md.metadata.json", "b.md"):
        boto3.client("s3").put_object(Bucket=bucket, Key=f"documents/docs/{path}", Body=b"{}")

    assert document.handler({"reindex": "docs"}, None) == {"sent": 2}
    sent = receive("document", bucket)
    assert document.handler(sent, None) == {"batchItemFailures": []}


def test_a_changed_embedder_fills_its_index_each_hour(bucket, monkeypatch, capsys):
    for name in ("a", "b"):
        key = f"documents/docs/{name}.txt"
        boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=b"quokka")
        document.handler(notified(key), None)
    publish.handler(receive("publish", bucket), None)
    assert document.handler({"fill": True}, Running()) == {"sent": {}}

    monkeypatch.setenv("TWIN_FEATURES_EMBEDDER", "none")
    for connected in (document._connected, publish._connected, search._service, search._catalogue):
        connected.cache_clear()
    assert ask("quokka")["embedder"] == "minilm"
    assert document.handler({"fill": True}, Running()) == {"sent": {"docs": 2}}
    document.handler(receive("document", bucket), None)
    publish.handler(receive("publish", bucket), None)
    answer = ask("quokka")
    assert (answer["embedder"], len(answer["results"])) == ("none", 2)
    assert document.handler({"fill": True}, Running()) == {"sent": {}}

    S3Bucket.connect(bucket).put("index/docs/serving.json", b"damaged")
    assert document.handler({"fill": True}, Running()) == {"sent": {}}
    assert "not filled" in capsys.readouterr().out


def test_errors_are_answers(bucket):
    assert ask("x", top_k=0)["error"]["code"] == "invalid_request"
    unknown = search.handler({"store": "other", "query": "x"}, None)
    assert unknown["error"] == {
        "code": "store_not_found",
        "message": "there is no store 'other'",
        "param": "store",
    }
    assert search.handler({"status": True, "store": "docs"}, None)["documents"] == 0


def test_an_environment_that_lacks_a_bucket_is_refused(bucket, monkeypatch):
    monkeypatch.delenv("TWIN_FEATURES_INDEX_BUCKET")
    with pytest.raises(SettingsError, match="TWIN_FEATURES_INDEX_BUCKET must be set"):
        search.handler({"warm": True}, None)


def test_the_bucket_keeps_the_promises_of_the_port(bucket):
    store = S3Bucket.connect(bucket)
    assert store.get("x") is None
    store.create("x", b"one")
    with pytest.raises(ChangedError):
        store.create("x", b"two")
    first = store.get("x")
    store.replace("x", b"two", first.etag)
    with pytest.raises(ChangedError):
        store.replace("x", b"three", first.etag)
    assert store.get("x").body == b"two"
    assert store.get("x", most=2).body is None
    assert [(info.key, info.size) for info in store.list("")] == [("x", 3)]
    store.delete("x")
    assert store.get("x") is None


def catch_up(bucket):
    """What the bucket's notifications of all its documents would bring about."""
    listed = boto3.client("s3").list_objects_v2(Bucket=bucket, Prefix="documents/")
    document.handler(notified(*(found["Key"] for found in listed.get("Contents", ()))), None)
    publish.handler(receive("publish", bucket), None)
    search.handler({"warm": True}, None)


def test_a_callers_store_through_the_service_and_the_functions(bucket):
    app = create_app(
        settings(caller_identity=None, retrieval_bucket=bucket),
        FakeUpstream(),
        search=lambda event: search.handler(event, None),
    )
    with served(app) as url, openai.OpenAI(base_url=f"{url}/v1", api_key="k" * 40) as client:
        stores = client.vector_stores
        store = stores.create(name="mine").id
        binary = client.files.create(file=("a.md", b"\x00" * 99), purpose="assistants").id
        text = b"The library closes at nine."
        short = client.files.create(file=("a.txt", text), purpose="user_data").id
        for one in (binary, short):
            added = stores.files.create(store, file_id=one, attributes={"language": "en"})
            assert added.status == "in_progress"
        catch_up(bucket)
        states = {one.id: one.status for one in stores.files.list(store)}
        assert states == {binary: "failed", short: "completed"}
        assert stores.retrieve(store).file_counts.total == 2

        english = {"type": "eq", "key": "language", "value": "en"}
        (hit,) = stores.search(store, query="library", filters=english)
        assert hit.file_id == short
        stores.files.update(short, vector_store_id=store, attributes={"language": "de"})
        catch_up(bucket)
        assert list(stores.search(store, query="library", filters=english)) == []

        client.files.delete(short)
        assert [one.id for one in stores.files.list(store)] == [binary]
        assert stores.delete(store).deleted
        with pytest.raises(openai.NotFoundError):
            stores.search(store, query="library")
    left = boto3.client("s3").list_objects_v2(Bucket=bucket, Prefix="documents/")
    assert left["KeyCount"] == 0
