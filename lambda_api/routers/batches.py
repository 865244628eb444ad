"""Routes of batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request

from lambda_api.batches.schemas import Batch, BatchRequest
from lambda_api.batches.service import BatchService
from lambda_api.http.caller import caller_id
from lambda_api.http.schemas import ERRORS
from lambda_api.storage.pagination import Page, page_of


def router(connect: Callable[[], BatchService]) -> APIRouter:
    """Return the routes of batches.

    Args:
        connect: Returns the service; called for each request, so cached.
    """
    routes = APIRouter(prefix="/v1/batches", tags=["batches"], responses=ERRORS)

    @routes.post("")
    def create_batch(request: Request, body: BatchRequest) -> Batch:
        """Run the requests of a file, with no endpoint standing."""
        return connect().create(caller_id(request.scope), body)

    @routes.get("")
    def list_batches(
        request: Request, after: str = "", limit: Annotated[int, Query(ge=1, le=100)] = 20
    ) -> Page[Batch]:
        """List your batches, newest first."""
        batches, owner = connect(), caller_id(request.scope)
        return page_of(batches.ids(owner, after), lambda found: batches.find(owner, found), limit)

    @routes.get("/{batch_id}")
    def get_batch(request: Request, batch_id: str) -> Batch:
        """Tell how far a batch is."""
        return connect().get(caller_id(request.scope), batch_id)

    @routes.post("/{batch_id}/cancel")
    def cancel_batch(request: Request, batch_id: str) -> Batch:
        """Stop a batch; answers that came are kept."""
        return connect().cancel(caller_id(request.scope), batch_id)

    return routes
