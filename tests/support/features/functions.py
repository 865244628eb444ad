"""The features' functions in the environment of a bucket and two queues, and their events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus
from uuid import uuid4

import boto3
import pytest

from features.handlers import document, publish, search
from tests.support.embedder import embedder_directory


def connect(monkeypatch: pytest.MonkeyPatch, cloud: Mapping[str, str], **variables: str) -> str:
    """Make a bucket and queues, and the functions' environment of them; return the bucket."""
    for name, value in cloud.items():
        monkeypatch.setenv(name, value)
    bucket = f"features-{uuid4()}"
    boto3.client("s3").create_bucket(Bucket=bucket)
    urls = {
        which: boto3.client("sqs").create_queue(QueueName=f"{which}-{bucket}")["QueueUrl"]
        for which in ("document", "publish")
    }
    for variable, value in {
        "DOCUMENTS_BUCKET": bucket,
        "INDEX_BUCKET": bucket,
        "DOCUMENT_QUEUE_URL": urls["document"],
        "PUBLISH_QUEUE_URL": urls["publish"],
        "EMBEDDER_DIRECTORY": str(embedder_directory()),
        "STORES": json.dumps([{"name": "docs"}]),
        "REFRESH_SECONDS": "0",
        **variables,
    }.items():
        monkeypatch.setenv(f"TWIN_FEATURES_{variable}", value)
    connections = (
        document._connected,
        document._own_queue,
        publish._own_queue,
        publish._connected,
        publish._sweeper,
        search._bucket,
        search._service,
        search._catalogue,
    )
    for connected in connections:
        connected.cache_clear()
    return bucket


def record(message_id: str, body: str, receipt: str = "none") -> dict[str, Any]:
    """A message as Lambda hands it over, for the first time."""
    return {
        "messageId": message_id,
        "body": body,
        "receiptHandle": receipt,
        "attributes": {"ApproximateReceiveCount": "1"},
    }


def receive(which: str, bucket: str) -> dict[str, Any]:
    """A queue's messages as Lambda hands them over."""
    client = boto3.client("sqs")
    url = client.get_queue_url(QueueName=f"{which}-{bucket}")["QueueUrl"]
    found = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in found:
        client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return {"Records": [record(message["MessageId"], message["Body"]) for message in found]}


def notified(*keys: str, time: str | None = None) -> dict[str, Any]:
    """S3's notification of some keys, as the document function gets it."""
    records = [
        {
            "eventTime": time or datetime.now(UTC).isoformat(),
            "s3": {"object": {"key": quote_plus(key)}},
        }
        for key in keys
    ]
    return {"Records": [record("1", json.dumps({"Records": records}))]}
