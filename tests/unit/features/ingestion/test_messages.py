from __future__ import annotations

import json

import pytest

from features.index.paths import DocumentName
from features.ingestion.messages import (
    Changed,
    failed_messages,
    named_documents,
    notification,
)

NAME = DocumentName("docs", "a b/ü+.md")


def test_a_notification_names_its_document():
    assert named_documents(notification(NAME)) == [NAME]
    told = {"Records": [{"s3": {"object": {"key": "documents/docs/a+b/%C3%BC%2B.md"}}}]}
    assert named_documents(json.dumps(told)) == [NAME]


def test_a_test_event_and_other_keys_name_none():
    assert named_documents('{"Event": "s3:TestEvent"}') == []
    assert named_documents('{"Records": [{"s3": {"object": {"key": "index/x"}}}]}') == []


@pytest.mark.parametrize("body", ["", "[]", '{"Records": [{}]}'])
def test_what_is_no_notification_is_refused(body):
    with pytest.raises((ValueError, KeyError)):
        named_documents(body)


def test_a_message_to_publish_is_read_as_it_was_told():
    changed = Changed("docs", "abc")
    assert Changed.of(changed.told()) == changed
    with pytest.raises(ValueError, match='has "store" and "document"'):
        Changed.of('{"store": "docs"}')


def test_failed_messages_come_again_and_no_others():
    def take(record):
        if record["body"] == "bad":
            raise RuntimeError

    told = []
    records = [{"messageId": str(n), "body": body} for n, body in enumerate(["ok", "bad", "ok"])]
    answer = failed_messages(records, take, lambda record, error: told.append(record["body"]))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert told == ["bad"]
