"""The state machine's last step: the answers of a transform job become the batch's files.

A job that could not answer a request leaves out the whole file of that request. Such files are run
once more, a request a file; docs/decisions/0029 says why. Repeating the step changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from lambda_api.batches.schemas import BatchState
from lambda_api.batches.steps.finalize import (
    CANCELLED,
    COMPLETED,
    EXPIRED,
    NOT_CHECKED,
    fail,
    finish,
)
from lambda_api.batches.steps.run import BatchRuns, Step
from lambda_api.batches.steps.settle import is_overdue

_LAST_ROUND = 2
_BLAMES_THE_INPUT = "ClientError"
"""The beginning of a job's FailureReason when a container refused a request."""


def collect(
    runs: BatchRuns,
    owner: str,
    batch_id: str,
    job_name: str | None = None,
    error: Mapping[str, str] | None = None,
) -> Step:
    """Collect the answers of a job: end the batch, or have what is missing run once more.

    Args:
        runs: The batches as they are run.
        owner: The batch's owner.
        batch_id: The batch's id.
        job_name: The job that ended; the present round's unless given.
        error: The failure of the job: `Error` and `Cause`.
    """
    state = runs.batches.get(owner, batch_id)
    if state.batch.status == "cancelling":
        return runs.end(owner, finish(runs, owner, batch_id, CANCELLED))
    if state.batch.status == "validating":
        return runs.end(owner, fail(runs, owner, batch_id, [NOT_CHECKED]))
    if job_name is not None and job_name != runs.job_name(state):
        return _next(runs, owner, state)
    if state.batch.status == "in_progress":
        state = _run_again(runs, owner, state, error or {}) or _finalizing(runs, owner, state)
    return _next(runs, owner, state)


def _next(runs: BatchRuns, owner: str, state: BatchState) -> Step:
    if state.batch.status == "in_progress":
        return runs.job(owner, state)
    if state.batch.status == "finalizing":
        ending = EXPIRED if is_overdue(state.batch, runs.clock()) else COMPLETED
        state = finish(runs, owner, state.batch.id, ending)
    return runs.end(owner, state)


def _finalizing(runs: BatchRuns, owner: str, state: BatchState) -> BatchState:
    def finalize(current: BatchState) -> BatchState:
        if current.batch.status != "in_progress":
            return current
        return current.model_copy(update={"batch": current.batch.now("finalizing", runs.clock())})

    return runs.batches.update(owner, state.batch.id, finalize)


def _run_again(
    runs: BatchRuns, owner: str, state: BatchState, error: Mapping[str, str]
) -> BatchState | None:
    """Begin another round with the requests that the first left out, if worth a job.

    A model that cannot be started answers none of several files, and will not the second time.
    """
    shards = runs.shards(owner, state.batch.id)
    asked, came_back = shards.of(1), shards.answered(1)
    missing = [shard for shard in asked if shard not in came_back and shard.count > 1]
    is_input_at_fault = (
        bool(came_back) or len(asked) == 1 or _BLAMES_THE_INPUT in error.get("Cause", "")
    )
    is_late = is_overdue(state.batch, runs.clock())
    if state.round == _LAST_ROUND or not missing or is_late or not is_input_at_fault:
        return None
    files = sum(shards.write_again(_LAST_ROUND, shard) for shard in missing)

    def begin(current: BatchState) -> BatchState:
        if current.batch.status != "in_progress":
            return current
        return current.model_copy(update={"round": _LAST_ROUND, "shards": files})

    return runs.batches.update(owner, state.batch.id, begin)
