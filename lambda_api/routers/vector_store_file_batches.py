"""Routes of the batches of files of vector stores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request

from lambda_api.http.caller import caller_id
from lambda_api.http.schemas import ERRORS, PageLimit
from lambda_api.storage.pagination import Order, Page
from lambda_api.vector_stores.batch_schemas import FileBatch, FileBatchRequest
from lambda_api.vector_stores.file_batches import FileBatches
from lambda_api.vector_stores.file_schemas import Status, StoreFile


def router(connect: Callable[[], FileBatches]) -> APIRouter:
    """Return the routes of the batches of files of vector stores.

    Args:
        connect: Returns the service; called for each request, so cached.
    """
    prefix = "/v1/vector_stores/{vector_store_id}/file_batches"
    routes = APIRouter(prefix=prefix, tags=["vector stores"], responses=ERRORS)

    @routes.post("")
    def create_file_batch(
        request: Request, vector_store_id: str, body: FileBatchRequest
    ) -> FileBatch:
        """Copy up to 100 files into a store, all of them or none."""
        return connect().create(caller_id(request.scope), vector_store_id, body)

    @routes.get("/{file_batch_id}")
    def get_file_batch(request: Request, vector_store_id: str, file_batch_id: str) -> FileBatch:
        """Tell how many files of a batch can be found."""
        return connect().get(caller_id(request.scope), vector_store_id, file_batch_id)

    @routes.post("/{file_batch_id}/cancel")
    def cancel_file_batch(request: Request, vector_store_id: str, file_batch_id: str) -> FileBatch:
        """Take those files out of the store that cannot be found yet."""
        return connect().cancel(caller_id(request.scope), vector_store_id, file_batch_id)

    @routes.get("/{file_batch_id}/files")
    def list_batch_files(
        request: Request,
        vector_store_id: str,
        file_batch_id: str,
        after: str = "",
        limit: PageLimit = 20,
        order: Order = "desc",
        status: Annotated[Status | None, Query(alias="filter")] = None,
    ) -> Page[StoreFile]:
        """List the files of a batch, of one status if wanted."""
        owner = caller_id(request.scope)
        return connect().page(owner, vector_store_id, file_batch_id, after, limit, order, status)

    return routes
