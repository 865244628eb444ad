"""CloudWatch on this machine: alarms evaluated by the clock, and metrics of queues.

Decision: 0143, metrics and alarms are the services' own.
"""

from __future__ import annotations

from concurrent.futures import Future

from localcloud.awsjson.service import Worker
from localcloud.clock import Clock
from localcloud.cloudwatch.alarms import AlarmEvaluator
from localcloud.cloudwatch.datapoints import Datapoints
from localcloud.cloudwatch.queues import QueueMetrics
from localcloud.ministack_hooks import (
    delete_logs_while_others_write,
    evaluate_no_alarms,
    read_embedded_metrics,
)


class CloudWatch:
    """The service as it runs."""

    def __init__(self, clock: Clock) -> None:
        """Begin to evaluate alarms, and to read metrics out of logs and queues."""
        read_embedded_metrics()
        delete_logs_while_others_write()
        evaluate_no_alarms()
        self._worker = Worker("cloudwatch")
        running = (AlarmEvaluator(clock).run(), QueueMetrics(clock).run())
        self._running: list[Future[None]] = [self._worker.spawn(work) for work in running]

    def close(self) -> None:
        """Evaluate no more."""
        for running in self._running:
            running.cancel()
        self._worker.stop()


__all__ = ["CloudWatch", "Datapoints"]
