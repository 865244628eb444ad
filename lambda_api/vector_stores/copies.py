"""The copies of files in callers' stores, counted within each caller's limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from lambda_api.files.schemas import FileObject
from lambda_api.quotas.quota import UNLIMITED, Quota
from lambda_api.retrieval.store_names import StoreNames
from lambda_api.vector_stores.documents import StoreDocuments
from lambda_api.vector_stores.file_schemas import DocumentSidecar
from lambda_api.vector_stores.registry import StoreRegistry

FOR_GOOD_SECONDS = 10 * 365 * 86_400
"""The lease of what never ends by itself: as long as the table keeps an item."""

_AT_ONCE = 8
_MOST_GIVEN_BACK = 50
"""Leases given back with a store; the others when their owner meets the limit, by the sweep."""


@dataclass(frozen=True)
class StoreCopies:
    """The documents of callers' stores.

    Attributes:
        registry: The stores.
        documents: The documents in the bucket.
        names: The stores' names in the index.
        quota: The quota of files in stores, and of their bytes.
    """

    registry: StoreRegistry
    documents: StoreDocuments
    names: StoreNames
    quota: Quota = UNLIMITED

    def name_of(self, owner: str, store_id: str) -> str:
        """Return the name of a store that is there, in the index."""
        return self.names.name_of(store_id, owner) or ""

    def put(
        self,
        owner: str,
        store_id: str,
        file: FileObject,
        sidecar: DocumentSidecar,
        content: Iterable[bytes],
    ) -> None:
        """Copy a file into a store.

        Raises:
            QuotaError: The caller has as many files, or bytes, as are allowed.
            StorageError: The bucket or the table cannot be used.
        """
        until = self.registry.clock() + FOR_GOOD_SECONDS
        with self.quota.taken(owner, _lease(store_id, file.id), until, file.bytes):
            name = self.name_of(owner, store_id)
            self.documents.put(name, file.id, sidecar, content)

    def remove(self, owner: str, store_id: str, file_id: str) -> None:
        """Delete a file's copy in a store."""
        self.documents.delete(self.name_of(owner, store_id), file_id)
        self.quota.give_back(owner, _lease(store_id, file_id))

    def release(self, owner: str, file_id: str) -> None:
        """Delete a file's copies in all stores of the owner."""
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(partial(self._release, owner, file_id), self.registry.ids(owner)))

    def clear(self, owner: str, store_id: str) -> None:
        """Delete all copies in a store."""
        name = self.name_of(owner, store_id)
        held = list(self.documents.all_of(name))[:_MOST_GIVEN_BACK]
        self.documents.clear(name)
        for file_id in held:
            self.quota.give_back(owner, _lease(store_id, file_id))

    def gone(self, owner: str, leases: Sequence[str]) -> list[str]:
        """Return those of an owner's leases whose copies are in no store."""
        there = set(self._leases(owner))
        return [lease for lease in leases if lease not in there]

    def _leases(self, owner: str) -> Iterator[str]:
        for store_id in self.registry.ids(owner):
            for file_id in self.documents.all_of(self.name_of(owner, store_id)):
                yield _lease(store_id, file_id)

    def _release(self, owner: str, file_id: str, store_id: str) -> None:
        if self.documents.find(self.name_of(owner, store_id), file_id):
            self.remove(owner, store_id, file_id)


def _lease(store_id: str, file_id: str) -> str:
    """Return the name of a copy's lease: short, as all of a caller's are one item of 400 KB."""
    return sha256(f"{store_id}/{file_id}".encode()).hexdigest()[:24]
