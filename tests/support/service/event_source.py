"""An SQS queue whose batches a function handles as Lambda's event source mapping has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import boto3

_ATTRIBUTES = ["ApproximateReceiveCount", "SentTimestamp"]


class EventSource:
    """A queue of the test's own, in whatever SQS the environment names."""

    def __init__(self) -> None:
        self._sqs = boto3.client("sqs")
        self.url: str = self._sqs.create_queue(QueueName=uuid4().hex)["QueueUrl"]

    def waiting(self) -> int:
        """Count the messages, in flight or delayed ones too."""
        names = ["", "NotVisible", "Delayed"]
        counts = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])
        return sum(int(counts["Attributes"][f"ApproximateNumberOfMessages{n}"]) for n in names)

    def hand_over(self, handler: Callable[[Mapping[str, Any], None], Any]) -> list[str]:
        """Have a function handle what is visible; give the bodies."""
        found = self._sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, MessageSystemAttributeNames=_ATTRIBUTES
        ).get("Messages", [])
        if not found:
            return []
        answer = handler({"Records": [_record(message) for message in found]}, None)
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for message in found:
            if message["MessageId"] not in failed:
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in found]

    def show_now(self, delayed: str) -> None:
        """Put a message that is still delayed in again, to be seen at once."""
        self._sqs.send_message(QueueUrl=self.url, MessageBody=delayed)


def _record(message: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "eventSource": "aws:sqs",
    }
