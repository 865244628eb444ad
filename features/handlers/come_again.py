"""Messages that failed: they come again soon, and not when the queue's own time is over.

docs/decisions/0214-a-failed-message-comes-again-in-half-a-minute.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol

from features.errors import StorageError
from features.ingestion.messages import failure_delay
from features.telemetry import log

_THREADS = 8


class Queue(Protocol):
    """A queue whose messages can be put off."""

    def postpone(self, receipt: str, seconds: int) -> None:
        """Have a message come again after some seconds."""


def come_again(queue: Queue, records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Put messages off; return them in the form in which Lambda reads what failed."""
    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(partial(_put_off, queue), records))
    return {"batchItemFailures": [{"itemIdentifier": one["messageId"]} for one in records]}


def _put_off(queue: Queue, record: Mapping[str, Any]) -> None:
    try:
        queue.postpone(record["receiptHandle"], failure_delay(record))
    except StorageError as error:  # it comes when the queue's own time is over
        log("WARNING", "not put off", message_id=record["messageId"], reason=repr(error))
