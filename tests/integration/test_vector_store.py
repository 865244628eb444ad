"""A store in S3 Vectors: the functions as Lambda runs them, on the local cloud."""

from __future__ import annotations

from uuid import uuid4

import boto3
import numpy as np
import pytest

from features.aws.s3_vectors import UNFILTERABLE, S3VectorIndex
from features.errors import StorageError
from features.handlers import document, publish, search
from features.settings import Settings
from features.vectors.vector_index import ChunkVector
from tests.support.features import functions
from tests.support.features.functions import notified, receive

PREFIX = "documents/docs/"


@pytest.fixture
def index(cloud_environment, monkeypatch):
    """Makes the ARN of an index of a bucket of its own, with so many dimensions."""
    for name, value in cloud_environment.items():
        monkeypatch.setenv(name, value)
    client, bucket = boto3.client("s3vectors"), f"vectors-{uuid4()}"
    client.create_vector_bucket(vectorBucketName=bucket)

    def make(dimension):
        return client.create_index(
            vectorBucketName=bucket,
            indexName="chunks",
            dataType="float32",
            dimension=dimension,
            distanceMetric="cosine",
            metadataConfiguration={"nonFilterableMetadataKeys": list(UNFILTERABLE)},
        )["indexArn"]

    return make


@pytest.fixture
def bring(cloud_environment, monkeypatch, index):
    """Brings a document, or with None takes it away, through both functions."""
    bucket = functions.connect(monkeypatch, cloud_environment, VECTOR_INDEX=index(384))
    s3 = boto3.client("s3")

    def carry(name, text, **metadata):
        key = f"{PREFIX}{name}"
        if text is None:
            s3.delete_object(Bucket=bucket, Key=key)
        else:
            s3.put_object(Bucket=bucket, Key=key, Body=text.encode(), Metadata=metadata)
        assert document.handler(notified(key), None) == {"batchItemFailures": []}
        assert publish.handler(receive("publish", bucket), None) == {"batchItemFailures": []}

    return carry


def ask(query="until when can I borrow books?", **told):
    search.handler({"warm": True}, None)
    return search.handler({"store": "docs", "query": query, **told}, None)


def found(**told):
    return [result["text"].strip().splitlines()[-1] for result in ask(**told)["results"]]


def test_bring_ask_change_ask_delete_ask(bring):
    bring("hours.md", "# Opening hours\n\nThe library closes at nine.\n", audience="public")
    bring("parking.md", "# Parking\n\nCars go behind the house.\n", audience="staff")
    assert found()[0] == "The library closes at nine."
    first = ask(top_k=1)["results"][0]
    assert (first["path"], first["attributes"]) == ("hours.md", {"audience": "public"})
    assert "Opening hours" in first["context"]

    bring("hours.md", "# Opening hours\n\nThe library closes at six.\n", audience="public")
    assert found()[0] == "The library closes at six."
    assert len(found()) == 2, "no old chunk is left"

    staff = {"type": "eq", "key": "audience", "value": "staff"}
    assert found(filters=staff, top_k=1) == ["Cars go behind the house."]
    either = [staff, {"type": "in", "key": "audience", "value": ["public"]}]
    assert len(found(filters={"type": "or", "filters": either})) == 2
    other = {"type": "ne", "key": "audience", "value": "staff"}
    assert found(filters=other) == ["The library closes at six."]
    ordered = ask(filters={"type": "gt", "key": "audience", "value": "a"})
    assert "strings have no order in this store" in ordered["error"]["message"]

    bring("hours.md", None)
    assert found() == ["Cars go behind the house."]
    status = search.handler({"status": True, "store": "docs"}, None)
    assert (status["documents"], status["chunks"]) == (1, 1)


def test_attributes_that_filters_could_not_read_are_set_aside(bring):
    bring("a.jsonl", '{"id": "1", "text": "koala", "a": "%s"}' % ("ä" * 500))
    long = {f"k{number}": "x" * 500 for number in range(4)}
    bring("b.md", "---\n" + "".join(f"{k}: {v}\n" for k, v in long.items()) + "---\nwombat")
    status = search.handler({"status": True, "store": "docs"}, None)
    (failure,) = status["failures"]
    assert failure["path"] == "b.md"
    assert "and 1900 are allowed in this store" in failure["last_error"]["message"]
    assert found(query="koala") != []


def test_largest_vectors_are_written_in_requests_that_are_taken(index):
    """4,096 numbers each: 500 of them would be 40 MB."""
    vectors = S3VectorIndex.connect(arn := index(4096), writes=True)
    row = np.full(4096, 1 / 64, np.float16).astype(np.float32)
    vectors.put(ChunkVector(f"d-v#{n}", "docs", row, "x" * 4000, "T", {}) for n in range(170))
    listed = boto3.client("s3vectors").list_vectors(indexArn=arn, maxResults=1000)["vectors"]
    assert len(listed) == 170
    (one,) = vectors.query("docs", row, None, 1)
    assert one.similarity == pytest.approx(1, abs=1e-3)
    assert vectors.query("other", row, None, 1) == []
    vectors.delete(f"d-v#{n}" for n in range(600))
    assert vectors.query("docs", row, None, 1) == []


def test_writes_that_are_throttled_are_waited_for(index):
    """4,500 vectors, of which 2,500 go within a second."""
    vectors, row = S3VectorIndex.connect(index(2), writes=True), np.float32([1, 0])
    vectors.put(ChunkVector(f"d-v#{n}", "docs", row, "x", "T", {}) for n in range(4500))
    vectors.delete(f"d-v#{n}" for n in range(4499))
    (left,) = vectors.query("docs", row, None, 10)
    assert left.key == "d-v#4499"


def test_an_index_that_is_gone_is_a_store_that_cannot_be_read(bring):
    bring("a.md", "koala")
    arn = search._service()._load.args[1]._arn
    boto3.client("s3vectors").delete_index(indexArn=arn)
    assert ask()["error"]["code"] == "unavailable"
    with pytest.raises(StorageError, match="S3 Vectors cannot be used: NotFoundException"):
        S3VectorIndex.connect(arn).delete(["a#1"])
    bucket = Settings.from_environment().documents_bucket
    boto3.client("s3").put_object(Bucket=bucket, Key=f"{PREFIX}a.md", Body=b"wombat")
    document.handler(notified(f"{PREFIX}a.md"), None)
    (message,) = (messages := receive("publish", bucket))["Records"]
    again = [{"itemIdentifier": message["messageId"]}]
    assert publish.handler(messages, None) == {"batchItemFailures": again}
