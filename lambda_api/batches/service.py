"""The service of batches: create, get, list, cancel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import time
from typing import Protocol

from lambda_api.batches.finalize import ENDED
from lambda_api.batches.schemas import Batch, BatchRequest, BatchState
from lambda_api.batches.shards import Shards
from lambda_api.batches.store import PREFIX, BatchStore
from lambda_api.errors import InvalidRequestError, NotFoundError, ServiceError
from lambda_api.files.service import MAX_FILE_BYTES, FileService, missing_file
from lambda_api.quotas.quota import UNLIMITED, Quota
from lambda_api.storage.object_ids import new_id

_ENDING_SECONDS = 86_400
"""Longest time that a batch takes to end once expired; then no quota counts it."""

_READS_AT_ONCE = 16

_CANCELLABLE = {"validating", "in_progress"}


class Executions(Protocol):
    """The port to the runner of batches. Methods block, and raise a SchedulerError on failure."""

    def start(self, name: str, data: Mapping[str, str]) -> None:
        """Start an execution, unless an execution of this name was started before."""

    def stop(self, name: str) -> None:
        """Stop an execution, if still running."""


@dataclass(frozen=True)
class BatchService:
    """The batches of all callers; each owner sees no other's.

    Attributes:
        batches: The store of states.
        files: The files that batches read and write.
        connect: Returns the runner of batches; called when needed, so cached.
        model_id: The model that answers.
        clock: Returns Unix seconds.
        quota: The quota of batches that have not ended.
    """

    batches: BatchStore
    files: FileService
    connect: Callable[[], Executions]
    model_id: str
    clock: Callable[[], float] = time
    quota: Quota = UNLIMITED

    def create(self, owner: str, request: BatchRequest) -> Batch:
        """Start a batch.

        Raises:
            ServiceError: The file cannot be used, or the batch cannot be started.
        """
        self._check_file(owner, request.input_file_id)
        now = self.clock()
        batch = Batch.validating(
            new_id(PREFIX, now),
            input_file_id=request.input_file_id,
            model=self.model_id,
            now=now,
            metadata=request.metadata,
        )
        state = BatchState(
            batch=batch,
            output_expires_after=request.output_expires_after,
            output_id=self.files.new_id(),
            errors_id=self.files.new_id(),
        )
        with self.quota.taken(owner, batch.id, batch.expires_at + _ENDING_SECONDS):
            self.batches.create(owner, state)
            self._start(owner, batch.id)
        return batch

    def get(self, owner: str, batch_id: str) -> Batch:
        """Return a batch with its present progress.

        Raises:
            NotFoundError: There is no such batch.
        """
        batch = self.batches.get(owner, batch_id).batch
        if batch.status != "in_progress":
            return batch
        answered = Shards(self.batches.store, f"batches/{owner}/{batch_id}").answered_requests()
        counts = batch.request_counts.model_copy(update={"completed": answered})
        return batch.model_copy(update={"request_counts": counts})

    def find(self, owner: str, batch_id: str) -> Batch | None:
        """Return a batch with its present progress; None if there is none."""
        try:
            return self.get(owner, batch_id)
        except NotFoundError:
            return None

    def ids(self, owner: str, after: str = "") -> Iterator[str]:
        """Yield the ids of an owner's batches after the batch `after`, newest first."""
        return self.batches.ids(owner, after)

    def cancel(self, owner: str, batch_id: str) -> Batch:
        """Cancel a batch; answers that came are kept.

        Raises:
            ServiceError: The batch does not exist, has ended, or is being cancelled.
        """
        refused = False

        def cancel(current: BatchState) -> BatchState:
            nonlocal refused
            refused = current.batch.status not in _CANCELLABLE
            if refused:
                return current
            return current.model_copy(
                update={"batch": current.batch.now("cancelling", self.clock())}
            )

        batch = self.batches.update(owner, batch_id, cancel).batch
        if batch.status == "cancelling":
            # Also if it was already: an earlier try may not have come this far.
            self._stop(owner, batch_id)
        if refused:
            raise InvalidRequestError(f"cannot cancel a batch with status {batch.status!r}")
        return batch

    def ended(self, owner: str, batch_ids: Sequence[str]) -> list[str]:
        """Return those of an owner's batches that have ended, or are not there."""

        def has_ended(batch_id: str) -> bool:
            try:
                return self.batches.get(owner, batch_id).batch.status in ENDED
            except NotFoundError:
                return True
            except (ServiceError, ValueError):  # a state that cannot be read now, or ever
                return False

        with ThreadPoolExecutor(_READS_AT_ONCE) as reads:
            ended = list(reads.map(has_ended, batch_ids))
        return [batch_id for batch_id, is_over in zip(batch_ids, ended, strict=True) if is_over]

    def _check_file(self, owner: str, file_id: str) -> None:
        file = self.files.find(owner, file_id)
        if file is None:
            raise missing_file(file_id, "input_file_id")
        if file.purpose != "batch":
            raise _unusable(f"the purpose of {file_id!r} must be 'batch', got {file.purpose!r}")
        if file.status == "uploaded":
            raise _unusable(f"the content of {file_id!r} has not been uploaded yet")
        if not 0 < file.bytes <= MAX_FILE_BYTES:
            raise _unusable(
                f"{file_id!r} has {file.bytes} bytes, 1 to {MAX_FILE_BYTES} are allowed"
            )

    def _start(self, owner: str, batch_id: str) -> None:
        try:
            self.connect().start(batch_id, {"owner": owner, "batch_id": batch_id})
        except ServiceError:
            self.batches.delete(owner, batch_id)
            raise

    def _stop(self, owner: str, batch_id: str) -> None:
        executions = self.connect()
        executions.stop(batch_id)
        # A stopped execution does no more: another one brings the batch to its end.
        executions.start(f"{batch_id}-cancel", {"owner": owner, "batch_id": batch_id})


def _unusable(message: str) -> InvalidRequestError:
    return InvalidRequestError(message, param="input_file_id")
