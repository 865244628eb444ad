"""The store of batches: one state each, changed by several functions and overwritten by none.

Beside the states lies a mark for each batch that may still have to be ended, or have something to
be cleared: docs/decisions/0074.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lambda_api.batches.schemas import BatchState
from lambda_api.errors import NotFoundError, StorageError
from lambda_api.storage.object_ids import is_id
from lambda_api.storage.object_store import ChangedError, ObjectStore
from lambda_api.storage.stored_state import state_in

PREFIX = "batch_"

MARKS = "batches/~open/"
"""The folder of marks. No owner is called so: owners are hex digits, `local` or `schedules`."""

_ATTEMPTS = 8
"""Most attempts to change a state: prepare, collect and a person who cancels may all write."""


@dataclass(frozen=True)
class Mark:
    """A mark of a batch that is not over and cleared yet.

    Attributes:
        owner: The batch's owner.
        batch_id: The batch's id.
        since: Unix seconds of the batch's creation, or of its deletion.
    """

    owner: str
    batch_id: str
    since: float


@dataclass(frozen=True)
class BatchStore:
    """The states of all batches, below the folders of their owners."""

    store: ObjectStore

    def create(self, owner: str, state: BatchState) -> None:
        """Store a new batch.

        Raises:
            ChangedError: The batch is there already.
        """
        # First: a batch without a mark would be swept by nobody.
        self.mark(owner, state.batch.id)
        self.store.create(self._key(owner, state.batch.id), state.model_dump_json().encode())

    def get(self, owner: str, batch_id: str) -> BatchState:
        """Return the state of an owner's batch.

        Raises:
            NotFoundError: There is no such batch.
            UnreadableObjectError: The state is damaged.
        """
        return self._read(owner, batch_id)[0]

    def update(
        self, owner: str, batch_id: str, change: Callable[[BatchState], BatchState]
    ) -> BatchState:
        """Change a batch from its latest state; return the new one.

        Args:
            owner: The batch's owner.
            batch_id: The batch's id.
            change: Returns the new state for the present one; called again if that has changed
                meanwhile. Errors go to the caller; the same state means no change.

        Raises:
            NotFoundError: There is no such batch.
            StorageError: The state kept changing.
        """
        for _ in range(_ATTEMPTS):
            state, etag = self._read(owner, batch_id)
            changed = change(state)
            if changed == state:
                return state
            try:
                self.store.replace(
                    self._key(owner, batch_id), changed.model_dump_json().encode(), etag
                )
            except ChangedError:
                continue
            return changed
        raise StorageError("the batch is being changed, try again shortly", reason="races")

    def delete(self, owner: str, batch_id: str) -> None:
        """Delete a batch's state."""
        self.store.delete(self._key(owner, batch_id))

    def mark(self, owner: str, batch_id: str) -> None:
        """Mark a batch as one to be swept, from now on."""
        self.store.put(f"{MARKS}{owner}/{batch_id}", b"{}")

    def unmark(self, owner: str, batch_id: str) -> None:
        """Remove the mark of a batch that is over and cleared."""
        self.store.delete(f"{MARKS}{owner}/{batch_id}")

    def marks(self, owner: str = "") -> Iterator[Mark]:
        """Yield the marks of an owner's batches, or of all."""
        for found in self.store.list(f"{MARKS}{owner}/" if owner else MARKS):
            marked, _, batch_id = found.key.removeprefix(MARKS).partition("/")
            yield Mark(marked, batch_id, found.modified.timestamp())

    def ids(self, owner: str, after: str = "") -> Iterator[str]:
        """Yield the ids of an owner's batches after the batch `after`, newest first."""
        return self.store.folders(f"batches/{owner}/", after)

    def _read(self, owner: str, batch_id: str) -> tuple[BatchState, str]:
        kept = self.store.get(self._key(owner, batch_id)) if is_id(PREFIX, batch_id) else None
        if kept is None:
            raise NotFoundError(f"no such batch: {batch_id!r}", param="batch_id")
        return state_in(kept.body, BatchState, batch_id), kept.etag

    def _key(self, owner: str, batch_id: str) -> str:
        return f"batches/{owner}/{batch_id}/batch.json"
