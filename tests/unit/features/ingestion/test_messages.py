from __future__ import annotations

import json

import pytest

from features.index.paths import DocumentName
from features.ingestion.messages import (
    Changed,
    failed_messages,
    failure_delay,
    named_documents,
    notification,
)

NAME = DocumentName("docs", "a b/ü+.md")


def test_a_notification_names_its_document():
    assert named_documents(notification(NAME)) == {NAME: None}
    key = {"s3": {"object": {"key": "documents/docs/a+b/%C3%BC%2B.md"}}}
    told = {"Records": [{"eventTime": "1970-01-01T00:00:01.500Z", **key}, key]}
    assert named_documents(json.dumps(told)) == {NAME: 1.5}


def test_a_test_event_and_other_keys_name_none():
    assert named_documents('{"Event": "s3:TestEvent"}') == {}
    assert named_documents('{"Records": [{"s3": {"object": {"key": "index/x"}}}]}') == {}


@pytest.mark.parametrize("body", ["", "[]", '{"Records": [{}]}'])
def test_what_is_no_notification_is_refused(body):
    with pytest.raises((ValueError, KeyError)):
        named_documents(body)


def test_a_message_to_publish_is_read_as_it_was_told():
    for changed in (Changed("docs", "abc"), Changed("docs", "abc", 1.5)):
        assert Changed.of(changed.told()) == changed
    assert Changed.of('{"store": "docs", "document": "abc"}') == Changed("docs", "abc")
    with pytest.raises(ValueError, match='has "store" and "document"'):
        Changed.of('{"store": "docs"}')


def test_failed_messages_come_again_and_no_others():
    def take(record):
        if record["body"] == "bad":
            raise RuntimeError

    told = []
    records = [{"messageId": str(n), "body": body} for n, body in enumerate(["ok", "bad", "ok"])]
    again = failed_messages(records, take, lambda record, error: told.append(record["body"]))
    assert again == [records[1]]
    assert told == ["bad"]


@pytest.mark.parametrize(("tries", "seconds"), [(1, 30), (2, 120), (3, 600), (4, 1800), (5, 1800)])
def test_a_message_that_failed_comes_again_soon_and_then_later(tries, seconds):
    record = {"attributes": {"ApproximateReceiveCount": str(tries)}}
    assert failure_delay(record) == seconds
