"""The sweep over batches that are not over: nothing that was accepted stays open for ever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from lambda_api.batches.executions import Executions, cancel_of
from lambda_api.batches.schemas import ENDED, Batch
from lambda_api.batches.steps.run import BatchRuns
from lambda_api.batches.steps.schedule import SCHEDULES
from lambda_api.batches.steps.settle import is_overdue, settle
from lambda_api.batches.store import Mark
from lambda_api.errors import NotFoundError, ServiceError, UnreadableObjectError

SETTLING_SECONDS = 3600
"""Age of an end, or of a mark without a batch, from which no function can still be at work on the
batch: Lambda ends each after 15 minutes."""


class SweepError(Exception):
    """A sweep that could not look after every batch; the next one tries again."""


class Report(Protocol):
    """The port to the log."""

    def note_unreadable(self, object_id: str) -> None:
        """Report an object whose stored state cannot be read."""

    def note_failure(self, object_id: str, error: ServiceError) -> None:
        """Report a batch that could not be looked after."""


@dataclass(frozen=True)
class Sweep:
    """A sweep over all batches that have a mark.

    Attributes:
        runs: The batches.
        executions: The runner of batches.
        report: The log.
    """

    runs: BatchRuns
    executions: Executions
    report: Report

    def __call__(self) -> None:
        """End what is overdue or abandoned; clear what has ended.

        Raises:
            SweepError: Some batches could not be looked after.
        """
        missed = [mark.batch_id for mark in self.runs.batches.marks() if not self._tried(mark)]
        if missed:
            raise SweepError(f"{len(missed)} batches could not be swept, such as {missed[0]}")

    def _tried(self, mark: Mark) -> bool:
        try:
            self._look_after(mark)
        except UnreadableObjectError:
            self.report.note_unreadable(mark.batch_id)
        except ServiceError as error:
            self.report.note_failure(mark.batch_id, error)
            return False
        return True

    def _look_after(self, mark: Mark) -> None:
        try:
            batch = self.runs.batches.get(mark.owner, mark.batch_id).batch
        except NotFoundError:
            self._clear(mark, mark.since)
            return
        if batch.status in ENDED:
            self._clear(mark, _ended_at(batch))
        elif is_overdue(batch, self.runs.clock()):
            self._expire(mark)
        elif self._is_abandoned(mark):
            self._settle(mark)

    def _clear(self, mark: Mark, since: float) -> None:
        if since + SETTLING_SECONDS <= self.runs.clock():
            self.runs.shards(mark.owner, mark.batch_id).clear()
            self.runs.batches.unmark(mark.owner, mark.batch_id)

    def _expire(self, mark: Mark) -> None:
        for name in _executions_of(mark):
            self.executions.stop(name)
        self._settle(mark)

    def _settle(self, mark: Mark) -> None:
        self.runs.end(mark.owner, settle(self.runs, mark.owner, mark.batch_id))

    def _is_abandoned(self, mark: Mark) -> bool:
        """Return True for a batch that nobody runs, and whose end was not written either."""
        is_young = mark.since + SETTLING_SECONDS > self.runs.clock()
        if is_young or mark.owner == SCHEDULES:
            return False
        return not any(map(self.executions.is_running, _executions_of(mark)))


def _executions_of(mark: Mark) -> tuple[str, str]:
    return mark.batch_id, cancel_of(mark.batch_id)


def _ended_at(batch: Batch) -> int:
    ends = (batch.completed_at, batch.failed_at, batch.expired_at, batch.cancelled_at)
    return max(at or 0 for at in ends)
