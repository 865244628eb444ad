"""The end of a batch: answers become the output file, the rest the error file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lambda_api.batches.lines.results import Join, Unanswered
from lambda_api.batches.schemas import (
    ENDED,
    BatchError,
    BatchErrors,
    BatchState,
    RequestCounts,
    Status,
)
from lambda_api.batches.steps.run import BatchRuns

NOT_CHECKED = BatchError(code="check_failed", message="the input could not be checked, try again")
"""The error of a batch whose check did not come to an end."""


@dataclass(frozen=True)
class Ending:
    """A way for a batch to end.

    Attributes:
        status: The final status.
        unanswered: The error of each request without an answer.
        error: The batch's own error, if nothing came back.
    """

    status: Status
    unanswered: Unanswered
    error: BatchError | None = None


CANCELLED = Ending(
    "cancelled",
    Unanswered("batch_cancelled", "this request was not executed before the batch was cancelled"),
)
EXPIRED = Ending(
    "expired",
    Unanswered(
        "batch_expired",
        "this request could not be executed before the completion window expired",
    ),
)
COMPLETED = Ending(
    "completed",
    Unanswered("request_failed", "the model gave no answer to this request"),
    BatchError(code="model_failed", message="the model could not be run, no request was answered"),
)
INTERRUPTED = Ending(
    "completed",
    Unanswered("request_failed", "the batch was interrupted before the model answered"),
    BatchError(
        code="batch_interrupted",
        message="the batch was interrupted before any request was answered, try again",
    ),
)
"""The end of a batch whose run failed or was stopped from outside."""


def finish(runs: BatchRuns, owner: str, batch_id: str, ending: Ending) -> BatchState:
    """Write a batch's files and last state; repeating this changes nothing.

    A request of the input is in exactly one of the two files. A batch that is cancelled before
    the whole input was checked has neither.
    """
    # Read again: after the end the answers are cleared, and the files must not be written anew.
    state = runs.batches.get(owner, batch_id)
    if state.batch.status in ENDED:
        return state
    batch = state.batch
    join = Join(runs.shards(owner, batch.id), batch, ending.unanswered, runs.models)

    def write(file_id: str, kind: str, lines: Iterable[bytes]) -> bool:
        return runs.files.write(
            owner,
            file_id,
            f"{batch.id}_{kind}.jsonl",
            lines,
            purpose="batch_output",
            expires_after=state.output_expires_after,
        )

    is_written = state.round > 0 and write(state.output_id, "output", join.output())
    has_errors = bool(join.errors) and write(state.errors_id, "error", join.errors)

    def end(current: BatchState) -> BatchState:
        if current.batch.status in ENDED:
            return current
        has_failed = ending.error is not None and not join.counts.completed
        status = "failed" if has_failed else _status(current.batch.status, ending, join.counts)
        ended = current.batch.now(status, runs.clock())
        found = {
            "output_file_id": state.output_id if is_written else None,
            "error_file_id": state.errors_id if has_errors else None,
            "request_counts": join.counts,
            "usage": join.usage,
            "errors": BatchErrors(data=[ending.error]) if has_failed and ending.error else None,
        }
        return current.model_copy(update={"batch": ended.model_copy(update=found)})

    return runs.batches.update(owner, batch.id, end)


def _status(current: Status, ending: Ending, counts: RequestCounts) -> Status:
    if current == "cancelling":
        return "cancelled"
    is_whole = counts.total > 0 and not counts.failed
    return "completed" if ending is EXPIRED and is_whole else ending.status


def fail(runs: BatchRuns, owner: str, batch_id: str, errors: list[BatchError]) -> BatchState:
    """End a batch that was not run, with the errors of its input."""

    def end(current: BatchState) -> BatchState:
        if current.batch.status != "validating":
            return current
        failed = current.batch.now("failed", runs.clock())
        failed = failed.model_copy(update={"errors": BatchErrors(data=errors)})
        return current.model_copy(update={"batch": failed})

    return runs.batches.update(owner, batch_id, end)
