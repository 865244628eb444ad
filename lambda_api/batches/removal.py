"""The removal of batches, and of the copies of files that batches made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lambda_api.batches.schemas import ENDED, BatchState
from lambda_api.batches.shards import shards_of
from lambda_api.batches.store import BatchStore, Mark
from lambda_api.errors import ConflictError, NotFoundError, UnreadableObjectError

_READS_AT_ONCE = 16


def remove(batches: BatchStore, owner: str, batch_id: str) -> None:
    """Delete a batch that has ended or is unreadable, with its requests and answers.

    Files of the batch stay.

    Raises:
        NotFoundError: There is no such batch.
        ConflictError: The batch has not ended.
    """
    _check_ended(batches, owner, batch_id)
    # A function that still runs may write once more: the sweeper clears again later.
    batches.mark(owner, batch_id)
    shards_of(batches.store, owner, batch_id).clear()
    # Last: while it is there, a deletion that broke off can be tried again.
    batches.delete(owner, batch_id)


def _check_ended(batches: BatchStore, owner: str, batch_id: str) -> None:
    try:
        status = batches.get(owner, batch_id).batch.status
    except UnreadableObjectError:
        return
    if status not in ENDED:
        raise ConflictError(f"cannot delete a batch with status {status!r}, cancel it first")


@dataclass(frozen=True)
class FileCopies:
    """The copies of files in the requests and answers of an owner's batches."""

    batches: BatchStore

    def release(self, owner: str, file_id: str) -> None:
        """Delete all copies of a file.

        Only batches with a mark are looked at: of the others nothing is left but the state.

        Raises:
            ConflictError: A batch that has not ended uses the file.
        """
        using = [state for state in self._marked(owner) if file_id in _files(state)]
        for state in using:
            if state.batch.status not in ENDED:
                raise ConflictError(
                    f"{file_id!r} is a file of {state.batch.id!r} with status "
                    f"{state.batch.status!r}, cancel that first"
                )
        for state in using:
            shards_of(self.batches.store, owner, state.batch.id).clear()

    def _marked(self, owner: str) -> list[BatchState]:
        with ThreadPoolExecutor(_READS_AT_ONCE) as reads:
            found = reads.map(self._state, self.batches.marks(owner))
            return [state for state in found if state is not None]

    def _state(self, mark: Mark) -> BatchState | None:
        try:
            return self.batches.get(mark.owner, mark.batch_id)
        except (NotFoundError, UnreadableObjectError):
            return None


def _files(state: BatchState) -> set[str]:
    return {state.batch.input_file_id, state.output_id, state.errors_id}
