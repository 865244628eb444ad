"""Files of vector stores: copies that ingestion reads, with the state that it gave each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lambda_api.errors import InvalidRequestError, NotFoundError
from lambda_api.files.schemas import FILE_PREFIX, READ_PURPOSES, FileObject
from lambda_api.files.service import FileService
from lambda_api.retrieval.store_searches import StoreSearches
from lambda_api.storage.object_ids import is_id
from lambda_api.storage.object_store import ObjectInfo
from lambda_api.storage.pagination import Order, Page, after_in, page_of
from lambda_api.vector_stores.chunking import ChunkingStrategy
from lambda_api.vector_stores.copies import StoreCopies
from lambda_api.vector_stores.file_schemas import (
    Attributes,
    DeletedStoreFile,
    DocumentSidecar,
    FileText,
    Status,
    StoreFile,
    StoreFileRequest,
    Text,
    status_of,
)
from lambda_api.vector_stores.schemas import StoreState


@dataclass(frozen=True)
class StoreFiles:
    """The files of callers' stores.

    Attributes:
        copies: The copies in the stores.
        files: The files that are copied.
        searches: The search function, which knows how far ingestion is.
    """

    copies: StoreCopies
    files: FileService
    searches: StoreSearches

    def own(self, owner: str, store_id: str) -> StoreState:
        """Return the state of a store whose documents its caller may change.

        Raises:
            NotFoundError: There is no such store for the caller.
            InvalidRequestError: It is one of config.
        """
        if self.searches.names.is_declared(store_id):
            self.searches.ask(store_id, owner, status=True)
            raise InvalidRequestError(
                f"{store_id!r} is a store of the stage's config: its documents are brought by "
                "`twin features sync` or an S3 client, here it is told of and searched",
                param="vector_store_id",
            )
        return self.copies.registry.get(owner, store_id)

    def add(self, owner: str, store_id: str, request: StoreFileRequest) -> StoreFile:
        """Copy a file into a store, from where ingestion reads it.

        Raises:
            ServiceError: There is no such store or file, the file is for something else, or the
                caller's limit is reached.
        """
        state = self.own(owner, store_id)
        file = self.readable(owner, request.file_id)
        self.attach(owner, store_id, file, request.attributes, request.chunking_strategy)
        self.copies.registry.note_write(owner, state)
        info, sidecar = self._found(owner, store_id, file.id)
        return StoreFile.of(store_id, file.id, info, sidecar, state=None)

    def readable(self, owner: str, file_id: str) -> FileObject:
        """Return a file that a store can be given.

        Raises:
            NotFoundError: There is no such file.
            InvalidRequestError: It is for something else, or its content has not come yet.
        """
        file = self.files.get(owner, file_id)
        if file.purpose not in READ_PURPOSES:
            raise InvalidRequestError(
                f"{file_id!r} has purpose {file.purpose!r}, a store takes "
                f"{' and '.join(map(repr, READ_PURPOSES))}",
                param="file_id",
            )
        if file.status == "uploaded":
            message = f"the content of {file_id!r} has not been uploaded yet"
            raise InvalidRequestError(message, param="file_id")
        return file

    def attach(
        self,
        owner: str,
        store_id: str,
        file: FileObject,
        attributes: Attributes | None,
        chunking: ChunkingStrategy,
    ) -> None:
        """Copy a file into a store that may not be there yet.

        Raises:
            ServiceError: The caller's limit is reached, or storage fails.
        """
        now = self.copies.registry.clock()
        sidecar = DocumentSidecar.of(file.id, file.filename, attributes, chunking.tokens, now)
        self.copies.put(owner, store_id, file, sidecar, self.files.content(owner, file))

    def get(self, owner: str, store_id: str, file_id: str) -> StoreFile:
        """Return a file of a store, with its state.

        Raises:
            NotFoundError: There is no such store, or no such file in it.
        """
        self.own(owner, store_id)
        info, sidecar = self._found(owner, store_id, file_id)
        states = self._states(owner, store_id, [file_id])
        return StoreFile.of(store_id, file_id, info, sidecar, states.get(file_id))

    def page(
        self,
        owner: str,
        store_id: str,
        after: str,
        limit: int,
        order: Order,
        status: Status | None,
        among: Collection[str] | None = None,
    ) -> Page[StoreFile]:
        """Return a page of a store's files after the file `after`, of one status if given.

        Args:
            owner: The caller.
            store_id: The store.
            after: The id before the page; empty for the first.
            limit: Most files on the page.
            order: The newest last, or first.
            status: The one status wanted; None for all.
            among: The ids of which the list is; None for all.

        Raises:
            NotFoundError: There is no such store.
        """
        self.own(owner, store_id)
        name = self.copies.name_of(owner, store_id)
        documents = self.copies.documents.all_of(name)
        states = self._states(owner, store_id, True) if documents else {}

        def read(file_id: str) -> StoreFile | None:
            sidecar = self.copies.documents.sidecar(name, file_id)
            if sidecar is None:
                return None
            return StoreFile.of(store_id, file_id, documents[file_id], sidecar, states.get(file_id))

        ids = [
            file_id
            for file_id, info in documents.items()
            if status in {None, status_of(states.get(file_id), info)}
            and (among is None or file_id in among)
        ]
        return page_of(after_in(ids if order == "desc" else reversed(ids), after), read, limit)

    def statuses(self, owner: str, store_id: str) -> Mapping[str, Status]:
        """Return the status of each file of a store, by the files' ids."""
        documents = self.copies.documents.all_of(self.copies.name_of(owner, store_id))
        states = self._states(owner, store_id, True) if documents else {}
        return {one: status_of(states.get(one), info) for one, info in documents.items()}

    def change(
        self, owner: str, store_id: str, file_id: str, attributes: Attributes | None
    ) -> StoreFile:
        """Give a file other attributes.

        Raises:
            NotFoundError: There is no such store, or no such file in it.
        """
        state = self.own(owner, store_id)
        self._found(owner, store_id, file_id)
        self.copies.documents.change(
            self.copies.name_of(owner, store_id),
            file_id,
            lambda now: now.model_copy(update={"metadataAttributes": attributes or {}}),
        )
        self.copies.registry.note_write(owner, state)
        return self.get(owner, store_id, file_id)

    def delete(self, owner: str, store_id: str, file_id: str) -> DeletedStoreFile:
        """Take a file out of a store; the file itself stays.

        Raises:
            NotFoundError: There is no such store, or no such file in it.
        """
        state = self.own(owner, store_id)
        self._found(owner, store_id, file_id)
        self.copies.remove(owner, store_id, file_id)
        self.copies.registry.note_write(owner, state)
        return DeletedStoreFile(id=file_id)

    def text(self, owner: str, store_id: str, file_id: str, start: int) -> FileText:
        """Return the text of a file as it was read, from a chunk on.

        Raises:
            NotFoundError: There is no such store, or no such file in it.
        """
        self.own(owner, store_id)
        self._found(owner, store_id, file_id)
        told = self.searches.ask(store_id, owner, content=file_id, start=start)
        following = told["next"]
        return FileText(
            data=[Text(text=text) for text in told["texts"]],
            has_more=following is not None,
            next_page=None if following is None else str(following),
        )

    def _found(self, owner: str, store_id: str, file_id: str) -> tuple[ObjectInfo, DocumentSidecar]:
        name = self.copies.name_of(owner, store_id)
        found = self.copies.documents.find(name, file_id) if is_id(FILE_PREFIX, file_id) else None
        if found is None:
            raise NotFoundError(
                f"there is no file {file_id[:64]!r} in vector store {store_id!r}", param="file_id"
            )
        return found

    def _states(
        self, owner: str, store_id: str, files: list[str] | Literal[True]
    ) -> Mapping[str, Mapping[str, Any]]:
        states: Mapping[str, Mapping[str, Any]] = self.searches.ask(
            store_id, owner, status=True, files=files
        )["files"]
        return states
