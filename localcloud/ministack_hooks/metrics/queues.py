"""SQS: the contents of queues, for the metrics of them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ministack.services import sqs


@dataclass(frozen=True, kw_only=True)
class QueueContents:
    """The messages of one queue.

    Attributes:
        visible: messages that a consumer can receive.
        not_visible: messages that a consumer has received and not deleted.
        delayed: messages that no consumer can receive yet.
        oldest_age: seconds since the oldest message was sent; 0 of an empty queue.
    """

    account: str
    region: str
    name: str
    visible: int
    not_visible: int
    delayed: int
    oldest_age: float


def queue_contents() -> list[QueueContents]:
    """Look at every queue of every account. Safe from any thread."""
    now = time.time()
    with sqs._queues_lock:
        queues = [
            (account, region, queue["name"], list(queue["messages"]))
            for (account, region, _url), queue in sqs._queues.all_items()
        ]
    return [
        QueueContents(
            account=account,
            region=region,
            name=name,
            visible=sum(one["visible_at"] <= now for one in messages),
            not_visible=sum(one["visible_at"] > now and one["receive_count"] for one in messages),
            delayed=sum(one["visible_at"] > now and not one["receive_count"] for one in messages),
            oldest_age=max((now - one["sent_at"] for one in messages), default=0.0),
        )
        for account, region, name, messages in queues
    ]
