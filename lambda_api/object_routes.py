"""Routes of what callers keep (files, batches, vector stores), made of settings and adapters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

from fastapi import FastAPI

from lambda_api.aws.connections import connect_executions
from lambda_api.batches.executions import Executions
from lambda_api.batches.removal import FileCopies
from lambda_api.batches.service import BatchService
from lambda_api.batches.store import BatchStore
from lambda_api.files.schemas import READ_PURPOSES, Purpose
from lambda_api.files.service import FileService
from lambda_api.files.uses import FileUses
from lambda_api.http.flat_routes import add_routes
from lambda_api.http.metric_log import MetricLog
from lambda_api.quotas.kinds import open_batches, stored_files, vector_store_files, vector_stores
from lambda_api.quotas.leases import LeaseTable
from lambda_api.retrieval.grounded_chat import GroundedChat
from lambda_api.retrieval.service import Retrieval
from lambda_api.routers import batches, files
from lambda_api.routers import vector_store_file_batches as file_batches
from lambda_api.routers import vector_store_files as store_files
from lambda_api.routers import vector_stores as stores
from lambda_api.settings import Settings
from lambda_api.storage.idempotency import IdempotencyKeys
from lambda_api.storage.object_store import ObjectStore
from lambda_api.vector_stores.copies import StoreCopies
from lambda_api.vector_stores.documents import StoreDocuments
from lambda_api.vector_stores.file_batches import FileBatches
from lambda_api.vector_stores.registry import StoreRegistry
from lambda_api.vector_stores.service import VectorStoreService
from lambda_api.vector_stores.store_files import StoreFiles


@dataclass(frozen=True)
class KeptObjects:
    """The services of what callers keep, each made when first needed.

    Attributes:
        settings: The settings.
        jobs: Returns the bucket of batches.
        features: Returns the bucket of documents.
        executions: The runner of batches; the settings' state machine unless given.
        leases: Returns the table of the things callers hold.
        retrieval: The searches; None where the stage has none.
    """

    settings: Settings
    jobs: Callable[[], ObjectStore]
    features: Callable[[], ObjectStore]
    executions: Executions | None
    leases: Callable[[], LeaseTable]
    retrieval: Retrieval | None

    def file_objects(self) -> ObjectStore:
        """Return the bucket of files: with batches theirs, whatever a file is for."""
        return self.jobs() if self.settings.batch_bucket else self.features()

    @cached_property
    def files(self) -> FileService:
        """The files."""
        purposes: list[Purpose] = ["batch"] if self.settings.batch_bucket else []
        uses: list[FileUses] = [FileCopies(self._states)] if self.settings.batch_bucket else []
        if self.retrieval is not None:
            purposes += READ_PURPOSES
            uses.append(self.copies)
        return FileService(
            self.file_objects(),
            self.settings.batch_retention_days,
            purposes=purposes,
            uses=uses,
            note_unreadable=self._note,
            quota=stored_files(
                self.settings,
                self.leases,
                lambda *of: self.files.room.freed(*of),
                lambda *of: self.files.room.clear(*of),
            ),
        )

    @cached_property
    def batches(self) -> BatchService:
        """The batches."""
        return BatchService(
            self._states,
            self.files,
            cache(lambda: self.executions or connect_executions(self.settings)),
            self.settings.model_id,
            note_unreadable=self._note,
            quota=open_batches(self.settings, self.leases, lambda *of: self.batches.ended(*of)),
        )

    @cached_property
    def copies(self) -> StoreCopies:
        """The copies of files in vector stores."""
        assert self.retrieval is not None  # noqa: S101 - there are no such routes without
        return StoreCopies(
            StoreRegistry(self.features()),
            StoreDocuments(self.features()),
            self.retrieval.stores.names,
            vector_store_files(self.settings, self.leases, lambda *of: self.copies.gone(*of)),
        )

    @cached_property
    def store_files(self) -> StoreFiles:
        """The files of vector stores."""
        assert self.retrieval is not None  # noqa: S101 - there are no such routes without
        return StoreFiles(self.copies, self.files, self.retrieval.stores)

    @cached_property
    def stores(self) -> VectorStoreService:
        """The vector stores."""
        return VectorStoreService(
            self.store_files,
            vector_stores(self.settings, self.leases, lambda *of: self.stores.gone(*of)),
            self._note,
        )

    @cached_property
    def _states(self) -> BatchStore:
        return BatchStore(self.jobs())

    @cached_property
    def _note(self) -> Callable[[str], None]:
        return MetricLog(self.settings).note_unreadable


def add_object_routes(app: FastAPI, kept: KeptObjects, chats: GroundedChat) -> None:
    """Add the routes of files, batches and vector stores that the stage has.

    Args:
        app: The app.
        kept: The services.
        chats: The service that searches stores by themselves.
    """
    if kept.settings.files_bucket:
        keys = cache(lambda: idempotency_keys(kept.file_objects(), "files"))
        add_routes(app, files.router(lambda: kept.files, keys))
    if kept.settings.batch_bucket:
        keys = cache(lambda: idempotency_keys(kept.jobs(), "batches"))
        add_routes(app, batches.router(lambda: kept.batches, keys))
    if kept.retrieval is not None:
        keys = cache(lambda: idempotency_keys(kept.features(), "stores"))
        add_routes(app, stores.router(lambda: kept.stores, keys, chats))
        add_routes(app, store_files.router(lambda: kept.store_files))
        add_routes(app, file_batches.router(lambda: FileBatches(kept.store_files)))


def idempotency_keys(store: ObjectStore, folder: str) -> IdempotencyKeys:
    """Return the keys of requests that make objects below a folder of a bucket."""
    # No owner is called so: owners are hex digits, `local` or `schedules`.
    return IdempotencyKeys(store, f"{folder}/~keys/")
