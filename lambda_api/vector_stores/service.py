"""Vector stores of callers, and a look at those of config."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from random import sample
from time import time
from typing import Any

from lambda_api.errors import UnreadableObjectError
from lambda_api.files.schemas import FileObject
from lambda_api.quotas.quota import UNLIMITED, Quota
from lambda_api.retrieval.store_names import PREFIX
from lambda_api.retrieval.store_searches import StoreSearches
from lambda_api.storage.object_ids import new_id
from lambda_api.storage.pagination import Order, Page, page_of
from lambda_api.vector_stores.copies import FOR_GOOD_SECONDS, StoreCopies
from lambda_api.vector_stores.schemas import (
    DeletedStore,
    FileCounts,
    StoreChange,
    StoreRequest,
    StoreState,
    VectorStore,
)
from lambda_api.vector_stores.store_files import StoreFiles

_AT_ONCE = 8
MAKING_SECONDS = 120
"""Longest time that a store is being made of files: the function that copies them ends before."""


@dataclass(frozen=True)
class VectorStoreService:
    """The vector stores of all callers; each owner sees no other's.

    Attributes:
        files: The files of the stores.
        quota: The quota of stores.
        note_unreadable: Reports the id of a store that a list leaves out as unreadable.
        clock: Returns Unix seconds.
    """

    files: StoreFiles
    quota: Quota = UNLIMITED
    note_unreadable: Callable[[str], None] | None = None
    clock: Callable[[], float] = time

    @property
    def copies(self) -> StoreCopies:
        """The copies of files in the stores."""
        return self.files.copies

    @property
    def searches(self) -> StoreSearches:
        """The searches of the stores."""
        return self.files.searches

    def new_id(self) -> str:
        """Return the id of a new store."""
        return new_id(PREFIX, self.clock())

    def create(self, owner: str, request: StoreRequest, store_id: str) -> VectorStore:
        """Make a store of an id, of some files if told to.

        Raises:
            ServiceError: There is no such file, or the caller's limit is reached.
        """
        files = [self.files.readable(owner, file_id) for file_id in dict.fromkeys(request.file_ids)]
        now = int(self.clock())
        state = StoreState(
            id=store_id,
            created_at=now,
            modified_at=now,
            name=request.name or "",
            description=request.description,
            expires_after=request.expires_after,
            metadata=request.metadata or {},
            # First of all: if the function is killed, what it copied belongs to a store that goes.
            made_by=now + MAKING_SECONDS if files else None,
        )

        def attach(file: FileObject) -> None:
            self.files.attach(owner, store_id, file, None, request.chunking_strategy)

        with self.quota.taken(owner, store_id, now + FOR_GOOD_SECONDS):
            self.copies.registry.keep(owner, state)
            try:
                with ThreadPoolExecutor(_AT_ONCE) as copying:
                    list(copying.map(attach, files))
                if files:
                    state = self.copies.registry.change(owner, store_id, _made)
            except Exception:
                self.copies.clear(owner, store_id)
                self.copies.registry.delete(owner, store_id)
                raise
        return self._told(owner, [state])[0]

    def find(self, owner: str, store_id: str) -> VectorStore | None:
        """Return an owner's store; None if there is none, if expired, or if not made yet."""
        state = self.copies.registry.find(owner, store_id)
        return self._told(owner, [state])[0] if state and state.made_by is None else None

    def get(self, owner: str, store_id: str) -> VectorStore:
        """Return a store of an owner's, or one of config that the owner may search.

        Raises:
            NotFoundError: There is no such store for the caller.
        """
        if self.searches.names.is_declared(store_id):
            return self._declared(owner, store_id)
        return self._told(owner, [self.copies.registry.get(owner, store_id)])[0]

    def page(self, owner: str, after: str, limit: int, order: Order) -> Page[VectorStore]:
        """Return a page of an owner's stores after the store `after`."""
        registry = self.copies.registry
        if order == "desc":
            ids = registry.ids(owner, after)
        else:
            found = reversed(list(registry.ids(owner)))
            ids = (store_id for store_id in found if not after or store_id < after)

        def read(store_id: str) -> StoreState | None:
            try:
                return self._unexpired(owner, store_id)
            except UnreadableObjectError:
                self._note(store_id)
                return None

        page = page_of(ids, read, limit)
        told = page.model_dump(exclude={"data"})
        return Page[VectorStore](data=self._told(owner, page.data), **told)

    def change(self, owner: str, store_id: str, change: StoreChange) -> VectorStore:
        """Change a store's name, expiry or notes.

        Raises:
            NotFoundError: There is no such store.
        """
        self.files.own(owner, store_id)
        empty: dict[str, Any] = {"name": "", "metadata": {}, "expires_after": None}
        said = {name: getattr(change, name) for name in change.model_fields_set}
        news = {name: empty[name] if value is None else value for name, value in said.items()}
        registry = self.copies.registry
        state = registry.change(owner, store_id, lambda state: state.model_copy(update=news))
        return self._told(owner, [state])[0]

    def delete(self, owner: str, store_id: str) -> DeletedStore:
        """Delete a store, readable or not, with the copies of files in it; the files stay.

        Raises:
            NotFoundError: There is no such store.
        """
        with suppress(UnreadableObjectError):
            self.files.own(owner, store_id)
        self._remove(owner, store_id)
        return DeletedStore(id=store_id)

    def gone(self, owner: str, store_ids: Sequence[str]) -> list[str]:
        """Return those of an owner's stores that are not there, after deleting what has expired."""
        ids = list(self.copies.registry.ids(owner))
        there = {store_id for store_id in ids if self._unexpired(owner, store_id)}
        return [store_id for store_id in store_ids if store_id not in there]

    def remove_expired(self) -> int:
        """Delete the stores of all owners that have expired; return how many.

        Raises:
            StorageError: The bucket cannot be used.
        """
        removed = 0
        # All are known before one goes: the bucket is listed page by page. In another order each
        # time, so that a sweep which does not get through leaves no store out for ever.
        ids = list(self.copies.registry.all_ids())
        for owner, store_id in sample(ids, len(ids)):
            try:
                removed += self._unexpired(owner, store_id) is None
            except UnreadableObjectError:
                self._note(store_id)
        return removed

    def _note(self, store_id: str) -> None:
        if self.note_unreadable:
            self.note_unreadable(store_id)

    def _unexpired(self, owner: str, store_id: str) -> StoreState | None:
        """Return the state of a store that is listed; one that has expired is deleted."""
        state = self.copies.registry.find(owner, store_id)
        if state is None:
            self._remove(owner, store_id)
        return state

    def _remove(self, owner: str, store_id: str) -> None:
        # First: a deletion that broke off can be tried again while the state is there.
        self.copies.clear(owner, store_id)
        self.copies.registry.delete(owner, store_id)
        self.quota.give_back(owner, store_id)

    def _declared(self, owner: str, store_id: str) -> VectorStore:
        told = self.searches.ask(store_id, owner, status=True)
        name = self.copies.name_of(owner, store_id)
        state = StoreState(id=store_id, created_at=0, modified_at=0, name=name)
        ready = told["documents"] - told["failed"]
        return self._counted(state, name, {"ready": ready, "failed": told["failed"]})

    def _told(self, owner: str, states: Sequence[StoreState]) -> list[VectorStore]:
        """Return stores as callers see them; the index is asked once for all."""
        counts = self.searches.counts([state.id for state in states], owner)

        def told(state: StoreState) -> VectorStore:
            return self._counted(state, self.copies.name_of(owner, state.id), counts[state.id])

        with ThreadPoolExecutor(_AT_ONCE) as listings:
            return list(listings.map(told, states))

    def _counted(self, state: StoreState, name: str, indexed: Mapping[str, int]) -> VectorStore:
        documents = self.copies.documents.all_of(name)
        # The index follows: a document that was just deleted may still be counted there.
        failed = min(indexed["failed"], len(documents))
        completed = min(indexed["ready"], len(documents) - failed)
        counts = FileCounts(
            total=len(documents),
            failed=failed,
            completed=completed,
            in_progress=len(documents) - failed - completed,
        )
        return VectorStore.of(state, counts, sum(info.size for info in documents.values()))


def _made(state: StoreState) -> StoreState:
    return state.model_copy(update={"made_by": None})
