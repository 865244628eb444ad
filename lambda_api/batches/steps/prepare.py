"""The state machine's first step: every request is checked, and the transform job's input written.

Nothing that costs has been started by then. Repeating the step changes nothing.
"""

from __future__ import annotations

from lambda_api.admission.request import Admission
from lambda_api.batches.lines.validation import InputCheck, lines_in
from lambda_api.batches.schemas import ENDED, BatchError, BatchState, RequestCounts
from lambda_api.batches.steps.finalize import CANCELLED, fail, finish
from lambda_api.batches.steps.run import BatchRuns, Step
from lambda_api.batches.steps.settle import is_overdue, settle
from lambda_api.files.service import missing_file

_MIB = 1024 * 1024


def prepare(runs: BatchRuns, owner: str, batch_id: str) -> Step:
    """Make a batch ready to run, or fail it with the input's errors.

    A batch that is being cancelled, or past its window, is brought to an end instead.
    """
    state = runs.batches.get(owner, batch_id)
    if state.batch.status == "cancelling":
        return runs.end(owner, finish(runs, owner, batch_id, CANCELLED))
    if state.batch.status not in ENDED and is_overdue(state.batch, runs.clock()):
        return runs.end(owner, settle(runs, owner, batch_id))
    if state.batch.status == "validating":
        state = _checked(runs, owner, state)
    return runs.job(owner, state) if state.batch.status == "in_progress" else runs.end(owner, state)


def _checked(runs: BatchRuns, owner: str, state: BatchState) -> BatchState:
    batch = state.batch
    file = runs.files.find(owner, batch.input_file_id)
    if file is None:
        error = missing_file(batch.input_file_id, "input_file_id")
        gone = BatchError(code="file_not_found", message=error.message, param=error.param)
        return fail(runs, owner, batch.id, [gone])
    most_bytes = runs.settings.batch_max_payload_mb * _MIB
    admission = Admission(runs.settings.engine_fields, runs.settings.modalities)
    check = InputCheck(batch.endpoint, runs.models, most_bytes, admission)
    lines = lines_in(runs.files.content(owner, file), most_bytes)
    shards = runs.shards(owner, batch.id).write(
        1, check.jobs(lines), runs.settings.batch_lines_per_shard
    )
    errors = check.all_errors()
    if errors:
        return fail(runs, owner, batch.id, errors)

    def begin(current: BatchState) -> BatchState:
        if current.batch.status != "validating":
            return current
        counts = RequestCounts(total=check.requests)
        begun = current.batch.now("in_progress", runs.clock())
        return current.model_copy(
            update={
                "batch": begun.model_copy(update={"request_counts": counts}),
                "round": 1,
                "shards": shards,
            }
        )

    return runs.batches.update(owner, batch.id, begin)
