"""Routes of responses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Query, Request
from fastapi import Response as HttpResponse
from starlette.responses import JSONResponse

from lambda_api.chat.service import Upstream
from lambda_api.cold_start.strategies import ColdStartStrategy, PendingRequest
from lambda_api.engine.json_fields import Usage
from lambda_api.http.caller import caller_id
from lambda_api.http.idempotency import KEY_PARAMETERS
from lambda_api.http.request_log import record_of
from lambda_api.http.schemas import EVENT_STREAM, ErrorResponse, PageLimit
from lambda_api.response_objects.schemas import DeletedResponse, Response
from lambda_api.response_requests.schemas import ResponseRequest
from lambda_api.responses.follow import FollowedResponse, Pace
from lambda_api.responses.input_items import Item, page_of_items
from lambda_api.responses.service import ResponseService
from lambda_api.routers.creation import creation_by
from lambda_api.routers.queued import QUEUED, queued
from lambda_api.storage.idempotency import IdempotencyKeys
from lambda_api.storage.pagination import Order, Page
from lambda_api.streaming.response import RelayResponse

_ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorResponse, "description": "The request is at fault, or comes too often."},
    "5XX": {"model": ErrorResponse, "description": "The model failed, or is not ready."},
}
_CREATED: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Response,
        "description": "The response; with `stream`, `response.*` events.",
        "content": EVENT_STREAM,
    },
    **QUEUED,
    **_ERRORS,
}
_MARGIN_SECONDS = 10
"""Time before the function's end by which a stream of a kept response is over, so that a client
sees a stream that ended and not a broken connection."""

_KEPT = {
    200: {**_CREATED[200], "description": "The response; with `stream`, its events."},
    **_ERRORS,
}


def router(
    service: ResponseService,
    cold_start: ColdStartStrategy,
    connect_keys: Callable[[], IdempotencyKeys],
    function_timeout_seconds: float,
) -> APIRouter:
    """Return the routes of responses.

    Args:
        service: The responses' service.
        cold_start: The strategy for requests that meet a cold endpoint.
        connect_keys: Returns the keys of background requests; called for each, so cached.
        function_timeout_seconds: Longest run of the function, and so of any stream.
    """
    pace = Pace(most_seconds=max(1, function_timeout_seconds - _MARGIN_SECONDS))
    routes = APIRouter(prefix="/v1/responses", tags=["responses"])

    @routes.post("", responses=_CREATED, openapi_extra={"parameters": KEY_PARAMETERS})
    def create_response(body: ResponseRequest, request: Request) -> HttpResponse:
        """Answer; with `stream`, as server-sent events; with `background`, later."""
        owner, record = caller_id(request.scope), record_of(request)
        noting = service.noting(record.note_retrieval)
        if body.background:
            response = _enqueued(noting, connect_keys, body, request)
            followed = _followed(service, owner, response, pace)
            return record.told(RelayResponse(followed) if body.stream else _json(response))
        return cold_start.answer(_PendingResponse(request, bool(body.stream), body, noting))

    _add_kept(routes, service, pace)
    return routes


def _enqueued(
    service: ResponseService,
    connect_keys: Callable[[], IdempotencyKeys],
    body: ResponseRequest,
    request: Request,
) -> Response:
    owner = caller_id(request.scope)
    if service.background is None:
        return service.enqueue(body, owner)  # refuses: there is no bucket for keys either
    return connect_keys().create(
        creation_by(request, owner, lambda: (body.written(),)),
        service.new_id,
        lambda response_id: service.enqueue(body, owner, response_id),
        lambda response_id: service.found(owner, response_id),
    )


@dataclass(frozen=True)
class _PendingResponse(PendingRequest):
    """A request for a response at once."""

    body: ResponseRequest
    service: ResponseService

    def answer(self, upstream: Upstream | None = None) -> HttpResponse:
        service, owner = self.service.with_upstream(upstream), caller_id(self.request.scope)
        if self.is_streamed:
            stream, _ = service.stream(self.body, owner)
            self.record.stream = stream.chat
            return self.record.told(RelayResponse(stream))
        response, _ = service.create(self.body, owner)
        if usage := response.usage:
            self.record.usage = Usage(usage.input_tokens, usage.output_tokens)
        return self.record.told(_json(response))

    def enqueue(self) -> HttpResponse | None:
        response = self.service.enqueue_instead(self.body, caller_id(self.request.scope))
        return self.record.told(queued(response, self.request)) if response else None


def _add_kept(routes: APIRouter, service: ResponseService, pace: Pace) -> None:
    @routes.get("/{response_id}", responses=_KEPT, response_model=None)
    def get_response(
        response_id: str,
        request: Request,
        stream: bool = Query(False, description="Tell of the response as events, to its end."),
        starting_after: int | None = Query(
            None, ge=0, description="With `stream`: the number of the last event that was seen."
        ),
    ) -> Response | HttpResponse:
        """Tell of a kept response: how far it is, and its output when it is there."""
        owner = caller_id(request.scope)
        response = service.kept().find(owner, response_id).response
        if not stream:
            return response
        return RelayResponse(_followed(service, owner, response, pace, starting_after))

    @routes.get("/{response_id}/input_items", responses=_ERRORS)
    def list_input_items(
        response_id: str,
        request: Request,
        after: str = "",
        limit: PageLimit = 20,
        order: Order = "desc",
    ) -> Page[Item]:
        """List the conversation that a response answers, each message and call as an item."""
        kept = service.kept().find(caller_id(request.scope), response_id)
        return page_of_items(kept, after, limit, order)

    @routes.post("/{response_id}/cancel", responses=_ERRORS)
    def cancel_response(response_id: str, request: Request) -> Response:
        """Cancel a background response; one that has ended stays as it is."""
        return service.kept().cancel(caller_id(request.scope), response_id)

    @routes.delete("/{response_id}", responses=_ERRORS)
    def delete_response(response_id: str, request: Request) -> DeletedResponse:
        """Delete a kept response."""
        service.kept().delete(caller_id(request.scope), response_id)
        return DeletedResponse(id=response_id)


def _followed(
    service: ResponseService,
    owner: str,
    response: Response,
    pace: Pace,
    starting_after: int | None = None,
) -> FollowedResponse:
    def read() -> Response:
        return service.kept().find(owner, response.id).response

    return FollowedResponse(response, read, starting_after, pace)


def _json(response: Response) -> JSONResponse:
    return JSONResponse(response.model_dump())
