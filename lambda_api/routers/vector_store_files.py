"""Routes of the files of vector stores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request

from lambda_api.http.caller import caller_id
from lambda_api.http.schemas import ERRORS, PageLimit
from lambda_api.storage.pagination import Order, Page
from lambda_api.vector_stores.file_schemas import (
    AttributesChange,
    DeletedStoreFile,
    FileText,
    Status,
    StoreFile,
    StoreFileRequest,
)
from lambda_api.vector_stores.store_files import StoreFiles


def router(connect: Callable[[], StoreFiles]) -> APIRouter:
    """Return the routes of the files of vector stores.

    Args:
        connect: Returns the service; called for each request, so cached.
    """
    prefix = "/v1/vector_stores/{vector_store_id}/files"
    routes = APIRouter(prefix=prefix, tags=["vector stores"], responses=ERRORS)

    @routes.post("")
    def add_store_file(request: Request, vector_store_id: str, body: StoreFileRequest) -> StoreFile:
        """Copy a file into a store, from where it is read within seconds."""
        return connect().add(caller_id(request.scope), vector_store_id, body)

    @routes.get("")
    def list_store_files(
        request: Request,
        vector_store_id: str,
        after: str = "",
        limit: PageLimit = 20,
        order: Order = "desc",
        status: Annotated[Status | None, Query(alias="filter")] = None,
    ) -> Page[StoreFile]:
        """List the files of a store, of one status if wanted."""
        owner = caller_id(request.scope)
        return connect().page(owner, vector_store_id, after, limit, order, status)

    _add_one_file(routes, connect)
    return routes


def _add_one_file(routes: APIRouter, connect: Callable[[], StoreFiles]) -> None:
    @routes.get("/{file_id}")
    def get_store_file(request: Request, vector_store_id: str, file_id: str) -> StoreFile:
        """Tell whether a file can be found, or why not."""
        return connect().get(caller_id(request.scope), vector_store_id, file_id)

    @routes.post("/{file_id}")
    def change_store_file(
        request: Request, vector_store_id: str, file_id: str, body: AttributesChange
    ) -> StoreFile:
        """Give a file other attributes."""
        owner = caller_id(request.scope)
        return connect().change(owner, vector_store_id, file_id, body.attributes)

    @routes.delete("/{file_id}")
    def delete_store_file(request: Request, vector_store_id: str, file_id: str) -> DeletedStoreFile:
        """Take a file out of a store; the file itself stays."""
        return connect().delete(caller_id(request.scope), vector_store_id, file_id)

    @routes.get("/{file_id}/content")
    def get_store_file_content(
        request: Request,
        vector_store_id: str,
        file_id: str,
        page: Annotated[int, Query(ge=0)] = 0,
    ) -> FileText:
        """Give the text of a file as it was read, chunk by chunk."""
        return connect().text(caller_id(request.scope), vector_store_id, file_id, page)
