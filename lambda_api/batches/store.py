"""The store of batches: one state each, changed by several functions and overwritten by none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lambda_api.batches.schemas import BatchState
from lambda_api.errors import NotFoundError, StorageError
from lambda_api.storage.object_ids import is_id
from lambda_api.storage.object_store import ChangedError, ObjectStore

PREFIX = "batch_"

_ATTEMPTS = 8
"""Most attempts to change a state: prepare, collect and a person who cancels may all write."""


@dataclass(frozen=True)
class BatchStore:
    """The states of all batches, below the folders of their owners."""

    store: ObjectStore

    def create(self, owner: str, state: BatchState) -> None:
        """Store a new batch."""
        self.store.create(self._key(owner, state.batch.id), state.model_dump_json().encode())

    def get(self, owner: str, batch_id: str) -> BatchState:
        """Return the state of an owner's batch.

        Raises:
            NotFoundError: There is no such batch.
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
        """Delete a batch that was not started."""
        self.store.delete(self._key(owner, batch_id))

    def ids(self, owner: str, after: str = "") -> Iterator[str]:
        """Yield the ids of an owner's batches after the batch `after`, newest first."""
        return self.store.folders(f"batches/{owner}/", after)

    def _read(self, owner: str, batch_id: str) -> tuple[BatchState, str]:
        kept = self.store.get(self._key(owner, batch_id)) if is_id(PREFIX, batch_id) else None
        if kept is None:
            raise NotFoundError(f"no such batch: {batch_id!r}", param="batch_id")
        return BatchState.model_validate_json(kept.body), kept.etag

    def _key(self, owner: str, batch_id: str) -> str:
        return f"batches/{owner}/{batch_id}/batch.json"
