"""One SQS queue; no other module calls SQS."""

from __future__ import annotations

from typing import Protocol, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from features.errors import StorageError

_TIMEOUT_SECONDS = 5
_ATTEMPTS = 4


class _Client(Protocol):
    def send_message(self, *, QueueUrl: str, MessageBody: str) -> object: ...  # noqa: N803

    def change_message_visibility(
        self,
        *,
        QueueUrl: str,  # noqa: N803
        ReceiptHandle: str,  # noqa: N803
        VisibilityTimeout: int,  # noqa: N803
    ) -> object: ...


class SqsQueue:
    """A queue by its URL."""

    def __init__(self, client: _Client, url: str) -> None:
        self._client = client
        self._url = url

    @classmethod
    def connect(cls, url: str) -> Self:
        """Return the queue with a client of its own; no request is sent yet."""
        config = Config(
            connect_timeout=_TIMEOUT_SECONDS,
            read_timeout=_TIMEOUT_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        )
        return cls(boto3.client("sqs", config=config), url)

    def send(self, body: str) -> None:
        """Put a message into the queue.

        Raises:
            StorageError: The queue cannot be used.
        """
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=body)
        except (BotoCoreError, ClientError) as error:
            raise StorageError(f"SQS cannot be used: {type(error).__name__}") from error

    def postpone(self, receipt: str, seconds: int) -> None:
        """Have a message that was handed over come again after some seconds.

        Raises:
            StorageError: The queue cannot be used.
        """
        try:
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )
        except (BotoCoreError, ClientError) as error:
            raise StorageError(f"SQS cannot be used: {type(error).__name__}") from error
