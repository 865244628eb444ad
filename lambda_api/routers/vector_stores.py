"""Routes of vector stores."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request

from lambda_api.http.caller import caller_id
from lambda_api.http.idempotency import KEY_PARAMETERS
from lambda_api.http.schemas import ERRORS, PageLimit
from lambda_api.retrieval.grounded_chat import GroundedChat
from lambda_api.routers.creation import creation_by
from lambda_api.storage.idempotency import IdempotencyKeys
from lambda_api.storage.pagination import Order, Page
from lambda_api.vector_stores.schemas import (
    DeletedStore,
    StoreChange,
    StoreRequest,
    VectorStore,
)
from lambda_api.vector_stores.search import SearchRequest, SearchResults
from lambda_api.vector_stores.service import VectorStoreService


def router(
    connect: Callable[[], VectorStoreService],
    connect_keys: Callable[[], IdempotencyKeys],
    chats: GroundedChat,
) -> APIRouter:
    """Return the routes of vector stores.

    Args:
        connect: Returns the service; called for each request, so cached.
        connect_keys: Returns the keys of requests for stores; called for each, so cached.
        chats: The service that searches, and rewrites by the model.
    """
    routes = APIRouter(prefix="/v1/vector_stores", tags=["vector stores"], responses=ERRORS)

    @routes.post("", openapi_extra={"parameters": KEY_PARAMETERS})
    def create_store(request: Request, body: StoreRequest) -> VectorStore:
        """Make a store, of files if told to."""
        stores, owner = connect(), caller_id(request.scope)
        return connect_keys().create(
            creation_by(request, owner, lambda: (body.model_dump_json().encode(),)),
            stores.new_id,
            lambda store_id: stores.create(owner, body, store_id),
            lambda store_id: stores.find(owner, store_id),
        )

    @routes.get("")
    def list_stores(
        request: Request,
        after: str = "",
        limit: PageLimit = 20,
        order: Order = "desc",
    ) -> Page[VectorStore]:
        """List the stores that you have made."""
        return connect().page(caller_id(request.scope), after, limit, order)

    _add_one_store(routes, connect)
    _add_search(routes, chats)
    return routes


def _add_one_store(routes: APIRouter, connect: Callable[[], VectorStoreService]) -> None:
    @routes.get("/{vector_store_id}")
    def get_store(request: Request, vector_store_id: str) -> VectorStore:
        """Tell of one store, of config too."""
        return connect().get(caller_id(request.scope), vector_store_id)

    @routes.post("/{vector_store_id}")
    def change_store(request: Request, vector_store_id: str, body: StoreChange) -> VectorStore:
        """Change the name, the expiry or the notes of a store."""
        return connect().change(caller_id(request.scope), vector_store_id, body)

    @routes.delete("/{vector_store_id}")
    def delete_store(request: Request, vector_store_id: str) -> DeletedStore:
        """Delete a store; the files that it was made of stay."""
        return connect().delete(caller_id(request.scope), vector_store_id)


def _add_search(routes: APIRouter, chats: GroundedChat) -> None:
    @routes.post("/{vector_store_id}/search")
    def search_store(request: Request, vector_store_id: str, body: SearchRequest) -> SearchResults:
        """Search a store, of config too, without an answer of the model."""
        search, owner = body.search_of(vector_store_id), caller_id(request.scope)
        return SearchResults.of(chats.search(search, body.queries, owner, body.rewrite_query))
