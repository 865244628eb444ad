"""The sweeper: EventBridge calls it each hour to end what nobody else did."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from aws_lambda_powertools.logging import Logger

from lambda_api.aws.step_functions import StateMachine
from lambda_api.batches.steps.sweep import Sweep
from lambda_api.errors import ServiceError
from lambda_api.handlers.batch_runs import connect
from lambda_api.http.metric_log import MetricLog


def handler(_event: object, _context: object) -> None:
    """Sweep once; the event says nothing."""
    _connected()()


@dataclass(frozen=True)
class _Report:
    metrics: MetricLog
    logger: Logger

    def note_unreadable(self, object_id: str) -> None:
        self.metrics.note_unreadable(object_id)

    def note_failure(self, object_id: str, error: ServiceError) -> None:
        reason = error.reason or error.code
        self.logger.warning("not swept", extra={"batch_id": object_id, "reason": reason})


@cache
def _connected() -> Sweep:
    runs = connect()
    settings = runs.settings
    report = _Report(MetricLog(settings), Logger(service=settings.service_name))
    return Sweep(runs, StateMachine.connect(settings.batch_state_machine_arn or ""), report)
