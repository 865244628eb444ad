"""The end of batches whose run was cut short: by a failure, from outside, or by their window."""

from __future__ import annotations

from lambda_api.batches.schemas import ENDED, Batch, BatchState
from lambda_api.batches.steps.finalize import (
    CANCELLED,
    COMPLETED,
    EXPIRED,
    INTERRUPTED,
    NOT_CHECKED,
    Ending,
    fail,
    finish,
)
from lambda_api.batches.steps.run import BatchRuns


def settle(runs: BatchRuns, owner: str, batch_id: str) -> BatchState:
    """End a batch in whatever state, with the answers that are there; an end that is written stays.

    Raises:
        ServiceError: There is no such batch, or the storage failed.
    """
    state = runs.batches.get(owner, batch_id)
    if state.batch.status == "validating" and not is_overdue(state.batch, runs.clock()):
        # No change if the check came to its end just now: it is not stopped with the execution.
        state = fail(runs, owner, batch_id, [NOT_CHECKED])
    if state.batch.status in ENDED:
        return state
    return finish(runs, owner, batch_id, _ending(state.batch, runs.clock()))


def is_overdue(batch: Batch, now: float) -> bool:
    """Return True if a batch's window is over."""
    return batch.expires_at <= now


def _ending(batch: Batch, now: float) -> Ending:
    if batch.status == "cancelling":
        return CANCELLED
    if batch.status == "finalizing":
        return COMPLETED
    return EXPIRED if is_overdue(batch, now) else INTERRUPTED
