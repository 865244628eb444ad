"""Batches of files: added to a store together, and told of together.

A batch only remembers which files it was: they are files of the store like others.
docs/decisions/0207-a-batch-of-files-remembers-their-ids.md
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lambda_api.errors import NotFoundError
from lambda_api.files.schemas import FileObject
from lambda_api.storage.object_ids import is_id, new_id
from lambda_api.storage.object_store import ObjectStore
from lambda_api.storage.pagination import Order, Page
from lambda_api.storage.stored_state import change_state, state_in
from lambda_api.vector_stores.batch_schemas import BatchState, FileBatch, FileBatchRequest
from lambda_api.vector_stores.file_schemas import Status, StoreFile, StoreFileRequest
from lambda_api.vector_stores.schemas import FileCounts
from lambda_api.vector_stores.store_files import StoreFiles

_PREFIX = "vsfb_"
_AT_ONCE = 8


@dataclass(frozen=True)
class FileBatches:
    """The batches of files of callers' stores.

    Attributes:
        files: The files of the stores.
    """

    files: StoreFiles

    def create(self, owner: str, store_id: str, request: FileBatchRequest) -> FileBatch:
        """Copy files into a store, from where ingestion reads them: all of them, or none.

        Raises:
            ServiceError: There is no such store or file, a file is for something else, or the
                caller's limit is reached.
        """
        store = self.files.own(owner, store_id)
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            ids = [one.file_id for one in request.each]
            files = list(threads.map(lambda file_id: self.files.readable(owner, file_id), ids))
        self._attach(owner, store_id, list(zip(files, request.each, strict=True)))
        registry = self.files.copies.registry
        registry.note_write(owner, store)
        now = registry.clock()
        state = BatchState(id=new_id(_PREFIX, now), created_at=int(now), file_ids=ids)
        self._objects.put(_key(owner, store_id, state.id), state.model_dump_json().encode())
        return self._told(owner, store_id, state)

    def get(self, owner: str, store_id: str, batch_id: str) -> FileBatch:
        """Return a batch, with how far its files are.

        Raises:
            NotFoundError: There is no such store, or no such batch in it.
        """
        return self._told(owner, store_id, self._state(owner, store_id, batch_id))

    def cancel(self, owner: str, store_id: str, batch_id: str) -> FileBatch:
        """Take those files of a batch out of its store that cannot be found yet.

        Raises:
            NotFoundError: There is no such store, or no such batch in it.
        """
        state = self._state(owner, store_id, batch_id)
        statuses = self.files.statuses(owner, store_id)
        waiting = [one for one in state.file_ids if statuses.get(one) == "in_progress"]
        if waiting:
            for file_id in waiting:
                self.files.copies.remove(owner, store_id, file_id)
            changed = change_state(
                self._objects,
                _key(owner, store_id, batch_id),
                BatchState,
                batch_id,
                lambda now: now.model_copy(update={"is_cancelled": True}),
            )
            state = changed or state
        return self._told(owner, store_id, state)

    def page(
        self,
        owner: str,
        store_id: str,
        batch_id: str,
        after: str,
        limit: int,
        order: Order,
        status: Status | None,
    ) -> Page[StoreFile]:
        """Return a page of a batch's files, of one status if given.

        Raises:
            NotFoundError: There is no such store, or no such batch in it.
        """
        among = self._state(owner, store_id, batch_id).file_ids
        return self.files.page(owner, store_id, after, limit, order, status, among)

    @property
    def _objects(self) -> ObjectStore:
        return self.files.copies.registry.objects

    def _attach(
        self,
        owner: str,
        store_id: str,
        additions: Sequence[tuple[FileObject, StoreFileRequest]],
    ) -> None:
        """Copy files; if one fails, those that were not there before are taken out again."""
        before = self.files.statuses(owner, store_id)

        def attach(addition: tuple[FileObject, StoreFileRequest]) -> None:
            file, asked = addition
            self.files.attach(owner, store_id, file, asked.attributes, asked.chunking_strategy)

        try:
            with ThreadPoolExecutor(_AT_ONCE) as copying:
                list(copying.map(attach, additions))
        except Exception:
            for file, _ in additions:
                if file.id not in before:
                    self.files.copies.remove(owner, store_id, file.id)
            raise

    def _state(self, owner: str, store_id: str, batch_id: str) -> BatchState:
        self.files.own(owner, store_id)
        kept = None
        if is_id(_PREFIX, batch_id):
            kept = self._objects.get(_key(owner, store_id, batch_id))
        if kept is None:
            message = f"there is no file batch {batch_id[:64]!r} in vector store {store_id!r}"
            raise NotFoundError(message, param="batch_id")
        return state_in(kept.body, BatchState, batch_id)

    def _told(self, owner: str, store_id: str, state: BatchState) -> FileBatch:
        statuses = self.files.statuses(owner, store_id)
        # Out of the store: by cancelling, or by its owner since.
        found = [statuses.get(file_id, "cancelled") for file_id in state.file_ids]
        counts = FileCounts.of(found)
        status: Status = "cancelled" if state.is_cancelled else "completed"
        return FileBatch(
            id=state.id,
            created_at=state.created_at,
            vector_store_id=store_id,
            status="in_progress" if counts.in_progress else status,
            file_counts=counts,
        )


def _key(owner: str, store_id: str, batch_id: str) -> str:
    # No owner is called so, and the bucket deletes what lies there after a while.
    return f"stores/~batches/{owner}/{store_id}/{batch_id}.json"
