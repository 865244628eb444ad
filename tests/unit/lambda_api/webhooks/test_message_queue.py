"""Batches of messages: those done, those that come again, and when."""

from __future__ import annotations

import logging

import pytest

from lambda_api.errors import QueueError
from lambda_api.webhooks.message_queue import Consumer, Message, NotDoneError, failure_delay
from tests.support.service.memory_queue import MemoryQueue


def record(name: str, body: str = "x", attempt: int = 1):
    """As in docs.aws.amazon.com/lambda/latest/dg/with-sqs.html."""
    return {
        "messageId": name,
        "receiptHandle": f"receipt-{name}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(attempt)},
        "eventSource": "aws:sqs",
    }


@pytest.fixture
def queue():
    return MemoryQueue()


def consumer(queue, handle) -> Consumer:
    return Consumer(queue, handle, logging.getLogger("consumer"))


def test_only_what_is_not_done_comes_again(queue, caplog):
    def handle(message: Message):
        if message.body == "later":
            raise NotDoneError("not ended", seconds=77)
        if message.body == "fails":
            raise NotDoneError("the receiver answered 500")

    batch = [record("a"), record("b", "later"), record("c", "fails", attempt=3), record("d")]
    answer = consumer(queue, handle).take(batch)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "c"}]}
    assert queue.postponed["receipt-b"] == 77
    assert 20 <= queue.postponed["receipt-c"] <= 25
    assert "the receiver answered 500" in caplog.text
    assert "not ended" not in caplog.text


def test_all_done_is_an_empty_list(queue):
    assert consumer(queue, lambda message: None).take([record("a")]) == {"batchItemFailures": []}


def test_a_queue_that_cannot_be_reached_fails_the_batch_which_comes_again(queue):
    queue.refusal = QueueError("away")

    def handle(message):
        raise NotDoneError("x")

    with pytest.raises(QueueError):
        consumer(queue, handle).take([record("a")])


def test_a_fault_of_ours_fails_the_batch_and_loses_nothing(queue):
    with pytest.raises(ZeroDivisionError):
        consumer(queue, lambda message: 1 / 0).take([record("a")])
    assert queue.postponed == {}


@pytest.mark.parametrize(
    ("attempt", "least"), [(1, 5), (2, 10), (5, 80), (10, 2560), (11, 3600), (900, 3600)]
)
def test_delays_double_up_to_an_hour(attempt, least):
    delays = {failure_delay(attempt) for _ in range(100)}

    assert least <= min(delays)
    assert max(delays) <= least * 1.25 + 1
    assert len(delays) > 1
