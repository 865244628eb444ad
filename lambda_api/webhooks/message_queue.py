"""Messages of a durable queue, each handled until done: the other half of SQS and Lambda.

Lambda hands over messages in batches, deletes those that the function does not report as failed,
and leaves the rest to become visible again:
docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, Self

from aws_lambda_powertools.logging import Logger

_FIRST_DELAY_SECONDS = 5
LONGEST_DELAY_SECONDS = 3600
_JITTER = 0.25


@dataclass(frozen=True)
class Message:
    """A message as Lambda hands it over.

    Attributes:
        id: The message's name.
        receipt: The name of this handing over.
        body: The text that was sent.
        attempt: The count of handings over, from 1.
    """

    id: str
    receipt: str
    body: str
    attempt: int

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Read a record of docs.aws.amazon.com/lambda/latest/dg/with-sqs.html."""
        attempt = int(record["attributes"]["ApproximateReceiveCount"])
        return cls(record["messageId"], record["receiptHandle"], record["body"], attempt)


class MessageQueue(Protocol):
    """The port to a queue. Methods block, and raise a QueueError."""

    def send(self, body: str, delay_seconds: int = 0) -> None:
        """Put a message into the queue, to be handed over after at most 900 seconds."""

    def postpone(self, message: Message, seconds: int) -> None:
        """Have a message that was handed over come again after at most 12 hours."""


class NotDoneError(Exception):
    """A message that has to come again.

    Attributes:
        seconds: The time until then; None for the delay of a failure.
    """

    def __init__(self, reason: str, *, seconds: int | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


def failure_delay(attempt: int) -> int:
    """Return the seconds until a message that failed comes again: doubled, with jitter, bounded."""
    delay = min(_FIRST_DELAY_SECONDS << min(attempt - 1, 16), LONGEST_DELAY_SECONDS)
    return round(delay * (1 + _JITTER * random.random()))  # noqa: S311 - spreads, hides nothing


@dataclass(frozen=True)
class Consumer:
    """A consumer of a queue's batches.

    Attributes:
        queue: The queue.
        handle: Handles a message; raises a NotDoneError if it has to come again.
        logger: The log of failures.
    """

    queue: MessageQueue
    handle: Callable[[Message], None]
    logger: Logger

    def take(self, records: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, str]]]:
        """Handle a batch, all messages at once; return Lambda's partial batch response."""
        messages = [Message.from_record(record) for record in records]
        with ThreadPoolExecutor(len(messages)) as threads:
            done = list(threads.map(self._is_done, messages))
        failed = [m for m, is_done in zip(messages, done, strict=True) if not is_done]
        return {"batchItemFailures": [{"itemIdentifier": message.id} for message in failed]}

    def _is_done(self, message: Message) -> bool:
        try:
            self.handle(message)
        except NotDoneError as error:
            seconds = error.seconds
            if seconds is None:
                seconds = failure_delay(message.attempt)
                told = {"attempt": message.attempt, "next_try_seconds": seconds}
                self.logger.warning(str(error), extra=told)
            self.queue.postpone(message, seconds)
            return False
        return True
