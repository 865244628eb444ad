"""The documents of stores in the bucket: a copy of each file, with an object beside it.

Ingestion is told of every change by the bucket; nothing here writes the index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lambda_api.storage.object_store import ObjectInfo, ObjectStore
from lambda_api.storage.stored_state import change_state, state_in
from lambda_api.vector_stores.file_schemas import DocumentSidecar

_SIDECAR = ".metadata.json"


@dataclass(frozen=True)
class StoreDocuments:
    """The documents of stores, by the stores' names in the index.

    Attributes:
        objects: The bucket.
    """

    objects: ObjectStore

    def all_of(self, name: str) -> dict[str, ObjectInfo]:
        """Return a store's documents by the ids of their files, the newest file first."""
        folder = _folder(name)
        return {
            listed.key.removeprefix(folder): listed
            for listed in self.objects.list(folder)
            if not listed.key.endswith(_SIDECAR)
        }

    def find(self, name: str, file_id: str) -> tuple[ObjectInfo, DocumentSidecar] | None:
        """Return a document with its sidecar; None if there is none in the store."""
        info = self.objects.info(_key(name, file_id))
        sidecar = self.sidecar(name, file_id) if info else None
        return (info, sidecar) if info and sidecar else None

    def sidecar(self, name: str, file_id: str) -> DocumentSidecar | None:
        """Return what stands beside a document."""
        kept = self.objects.get(_key(name, file_id) + _SIDECAR)
        return state_in(kept.body, DocumentSidecar, file_id) if kept else None

    def put(
        self, name: str, file_id: str, sidecar: DocumentSidecar, content: Iterable[bytes]
    ) -> None:
        """Write a document, replacing any older version."""
        # First: the document is read as soon as it is there.
        self.objects.put(_key(name, file_id) + _SIDECAR, sidecar.model_dump_json().encode())
        self.objects.upload(_key(name, file_id), content)

    def change(
        self, name: str, file_id: str, change: Callable[[DocumentSidecar], DocumentSidecar]
    ) -> bool:
        """Change what stands beside a document; return False if there is nothing.

        Raises:
            ConflictError: Others never stop changing it.
        """
        key = _key(name, file_id) + _SIDECAR
        return change_state(self.objects, key, DocumentSidecar, file_id, change) is not None

    def delete(self, name: str, file_id: str) -> None:
        """Delete a document, if there is one."""
        self.objects.delete(_key(name, file_id))
        self.objects.delete(_key(name, file_id) + _SIDECAR)

    def clear(self, name: str) -> None:
        """Delete all documents of a store."""
        self.objects.delete_below(_folder(name))


def _folder(name: str) -> str:
    return f"documents/{name}/"


def _key(name: str, file_id: str) -> str:
    return f"{_folder(name)}{file_id}"
