"""The metrics of SQS's queues, once a minute.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from __future__ import annotations

import asyncio

from localcloud.clock import Clock
from localcloud.ministack_hooks import Metrics, QueueContents, queue_contents

PERIOD_SECONDS = 60.0
"""Pause between two samples, by the clock."""


class QueueMetrics:
    """Publishes the metrics of every queue, as long as it runs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def run(self) -> None:
        """Publish until cancelled, at the beginning of each minute of the clock."""
        while True:
            rest = PERIOD_SECONDS - self._clock.now() % PERIOD_SECONDS
            await asyncio.sleep(self._clock.real_seconds(rest))
            for queue in queue_contents():
                _publish(queue)


def _publish(queue: QueueContents) -> None:
    metrics = Metrics(queue.account, queue.region)
    counts = {
        "ApproximateNumberOfMessagesVisible": [float(queue.visible)],
        "ApproximateNumberOfMessagesNotVisible": [float(queue.not_visible)],
        "ApproximateNumberOfMessagesDelayed": [float(queue.delayed)],
    }
    dimensions = {"QueueName": queue.name}
    metrics.put("AWS/SQS", counts, dimensions, unit="Count")
    age = {"ApproximateAgeOfOldestMessage": [queue.oldest_age]}
    metrics.put("AWS/SQS", age, dimensions, unit="Seconds")
