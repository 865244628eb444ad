"""One SQS queue; no other module calls SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lambda_api.errors import QueueError

if TYPE_CHECKING:
    from lambda_api.webhooks.message_queue import Message

_TIMEOUT_SECONDS = 5
_ATTEMPTS = 4
_MAX_CONNECTIONS = 40
"""One connection for each thread that uvicorn runs plain routes in."""


class _Client(Protocol):
    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int) -> object: ...  # noqa: N803

    def change_message_visibility(
        self,
        *,
        QueueUrl: str,  # noqa: N803
        ReceiptHandle: str,  # noqa: N803
        VisibilityTimeout: int,  # noqa: N803
    ) -> object: ...


class SqsQueue:
    """A queue.

    Args:
        client: The SQS client.
        url: The queue's URL.
    """

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
            max_pool_connections=_MAX_CONNECTIONS,
        )
        return cls(boto3.client("sqs", config=config), url)

    def send(self, body: str, delay_seconds: int = 0) -> None:
        """Put a message into the queue, to be handed over after at most 900 seconds.

        Raises:
            QueueError: The call failed.
        """
        try:
            self._client.send_message(
                QueueUrl=self._url, MessageBody=body, DelaySeconds=delay_seconds
            )
        except (BotoCoreError, ClientError) as error:
            raise _failure(error) from error

    def postpone(self, message: Message, seconds: int) -> None:
        """Have a message that was handed over come again after at most 12 hours.

        Raises:
            QueueError: The call failed.
        """
        try:
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=message.receipt, VisibilityTimeout=seconds
            )
        except (BotoCoreError, ClientError) as error:
            raise _failure(error) from error


def _failure(error: Exception) -> QueueError:
    code = (
        error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    )
    return QueueError("the request cannot be queued now, try again shortly", reason=f"SQS {code}")
