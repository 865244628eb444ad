"""The service of batches: create, get, list, cancel, delete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import time

from lambda_api.batches.executions import Executions, cancel_of
from lambda_api.batches.removal import remove
from lambda_api.batches.schemas import ENDED, Batch, BatchRequest, BatchState, DeletedBatch
from lambda_api.batches.shards import shards_of
from lambda_api.batches.store import PREFIX, BatchStore
from lambda_api.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    ServiceError,
    UnreadableObjectError,
)
from lambda_api.files.new_file import MOST_BYTES
from lambda_api.files.service import FileService, missing_file
from lambda_api.quotas.quota import UNLIMITED, Quota
from lambda_api.storage.object_ids import new_id
from lambda_api.storage.object_store import ChangedError
from lambda_api.storage.pagination import Page, page_of

_ENDING_SECONDS = 86_400
"""Longest time that a batch takes to end once expired; then no quota counts it."""

_READS_AT_ONCE = 16


@dataclass(frozen=True)
class BatchService:
    """The batches of all callers; each owner sees no other's.

    Attributes:
        batches: The store of states.
        files: The files that batches read and write.
        connect: Returns the runner of batches; called when needed, so cached.
        model_id: The model that answers.
        clock: Returns Unix seconds.
        note_unreadable: Reports the id of a batch that a list leaves out as unreadable.
        quota: The quota of batches that have not ended.
    """

    batches: BatchStore
    files: FileService
    connect: Callable[[], Executions]
    model_id: str
    clock: Callable[[], float] = time
    note_unreadable: Callable[[str], None] | None = None
    quota: Quota = UNLIMITED

    def create(self, owner: str, request: BatchRequest, batch_id: str | None = None) -> Batch:
        """Start a batch.

        Args:
            owner: The caller.
            request: The request.
            batch_id: The batch's id, if it has one; a batch that is there already is only started.

        Raises:
            ServiceError: The file cannot be used, or the batch cannot be started.
        """
        self._check_file(owner, request.input_file_id)
        now = self.clock()
        batch = Batch.validating(
            batch_id or self.new_id(),
            endpoint=request.endpoint,
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
            return self._created(owner, state)

    def _created(self, owner: str, state: BatchState) -> Batch:
        """Store a batch and start it; one that is there already is only started."""
        batch = state.batch
        try:
            self.batches.create(owner, state)
        except ChangedError:
            batch = self.get(owner, batch.id)
            self._run(owner, batch.id)
        else:
            self._start(owner, batch.id)
        return batch

    def new_id(self) -> str:
        """Return the id of a batch that is made later."""
        return new_id(PREFIX, self.clock())

    def get(self, owner: str, batch_id: str) -> Batch:
        """Return a batch with its present progress.

        Raises:
            NotFoundError: There is no such batch.
        """
        batch = self.batches.get(owner, batch_id).batch
        if batch.status != "in_progress":
            return batch
        answered = shards_of(self.batches.store, owner, batch_id).answered_requests()
        counts = batch.request_counts.model_copy(update={"completed": answered})
        return batch.model_copy(update={"request_counts": counts})

    def find(self, owner: str, batch_id: str) -> Batch | None:
        """Return a batch with its present progress; None if there is none."""
        try:
            return self.get(owner, batch_id)
        except NotFoundError:
            return None

    def page(self, owner: str, after: str, limit: int) -> Page[Batch]:
        """Return a page of an owner's batches after the batch `after`, newest first.

        A batch whose state is damaged is left out and reported.
        """

        def read(batch_id: str) -> Batch | None:
            try:
                return self.find(owner, batch_id)
            except UnreadableObjectError:
                if self.note_unreadable:
                    self.note_unreadable(batch_id)
                return None

        return page_of(self.batches.ids(owner, after), read, limit)

    def cancel(self, owner: str, batch_id: str) -> Batch:
        """Cancel a batch; answers that came are kept. Cancelling again sends the cancel again.

        Raises:
            NotFoundError: There is no such batch.
            ConflictError: The batch has ended.
            SchedulerError: The batch's execution cannot be stopped now.
        """

        def cancel(current: BatchState) -> BatchState:
            if current.batch.status in {*ENDED, "cancelling"}:
                return current
            cancelling = current.batch.now("cancelling", self.clock())
            return current.model_copy(update={"batch": cancelling})

        batch = self.batches.update(owner, batch_id, cancel).batch
        if batch.status in ENDED:
            raise ConflictError(f"cannot cancel a batch with status {batch.status!r}")
        self._stop(owner, batch_id)
        return batch

    def delete(self, owner: str, batch_id: str) -> DeletedBatch:
        """Delete a batch that has ended, with all copies of its requests; its files stay.

        Raises:
            NotFoundError: There is no such batch.
            ConflictError: The batch has not ended.
        """
        try:
            self.batches.get(owner, batch_id)
        except UnreadableObjectError:
            self.connect().stop(batch_id)  # nobody can tell if it runs
        remove(self.batches, owner, batch_id)
        return DeletedBatch(id=batch_id)

    def ended(self, owner: str, batch_ids: Sequence[str]) -> list[str]:
        """Return those of an owner's batches that have ended, or are not there."""

        def has_ended(batch_id: str) -> bool:
            try:
                return self.batches.get(owner, batch_id).batch.status in ENDED
            except NotFoundError:
                return True
            except ServiceError:  # a state that cannot be read now, or ever
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
        if not 0 < file.bytes <= (most := MOST_BYTES["batch"]):
            raise _unusable(f"{file_id!r} has {file.bytes} bytes, 1 to {most} are allowed")

    def _start(self, owner: str, batch_id: str) -> None:
        try:
            self._run(owner, batch_id)
        except ServiceError:
            self.batches.delete(owner, batch_id)
            self.batches.unmark(owner, batch_id)
            raise

    def _run(self, owner: str, batch_id: str) -> None:
        self.connect().start(batch_id, {"owner": owner, "batch_id": batch_id})

    def _stop(self, owner: str, batch_id: str) -> None:
        executions = self.connect()
        executions.stop(batch_id)
        # A stopped execution does no more: another one brings the batch to its end.
        executions.start(cancel_of(batch_id), {"owner": owner, "batch_id": batch_id})


def _unusable(message: str) -> InvalidRequestError:
    return InvalidRequestError(message, param="input_file_id")
