"""Routes of batches."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request

from lambda_api.batches.schemas import Batch, BatchRequest, DeletedBatch
from lambda_api.batches.service import BatchService
from lambda_api.http.caller import caller_id
from lambda_api.http.idempotency import KEY_PARAMETERS
from lambda_api.http.schemas import ERRORS, PageLimit
from lambda_api.routers.creation import creation_by
from lambda_api.storage.idempotency import IdempotencyKeys
from lambda_api.storage.pagination import Page


def router(
    connect: Callable[[], BatchService], connect_keys: Callable[[], IdempotencyKeys]
) -> APIRouter:
    """Return the routes of batches.

    Args:
        connect: Returns the service; called for each request, so cached.
        connect_keys: Returns the keys of requests for batches; called for each, so cached.
    """
    routes = APIRouter(prefix="/v1/batches", tags=["batches"], responses=ERRORS)

    @routes.post("", openapi_extra={"parameters": KEY_PARAMETERS})
    def create_batch(request: Request, body: BatchRequest) -> Batch:
        """Run the requests of a file, with no endpoint standing."""
        batches, owner = connect(), caller_id(request.scope)
        return connect_keys().create(
            creation_by(request, owner, lambda: (body.model_dump_json().encode(),)),
            batches.new_id,
            lambda batch_id: batches.create(owner, body, batch_id),
            lambda batch_id: batches.find(owner, batch_id),
        )

    @routes.get("")
    def list_batches(request: Request, after: str = "", limit: PageLimit = 20) -> Page[Batch]:
        """List your batches, newest first."""
        return connect().page(caller_id(request.scope), after, limit)

    @routes.get("/{batch_id}")
    def get_batch(request: Request, batch_id: str) -> Batch:
        """Tell how far a batch is."""
        return connect().get(caller_id(request.scope), batch_id)

    @routes.post("/{batch_id}/cancel")
    def cancel_batch(request: Request, batch_id: str) -> Batch:
        """Stop a batch; answers that came are kept."""
        return connect().cancel(caller_id(request.scope), batch_id)

    @routes.delete("/{batch_id}")
    def delete_batch(request: Request, batch_id: str) -> DeletedBatch:
        """Delete a batch that has ended, and all copies of its requests but those in files."""
        return connect().delete(caller_id(request.scope), batch_id)

    return routes
