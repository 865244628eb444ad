"""Routes of chat completions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from lambda_api.chat.schemas import ChatCompletion, ChatCompletionRequest
from lambda_api.chat.service import Upstream
from lambda_api.cold_start.strategies import ColdStartStrategy, PendingRequest
from lambda_api.http.caller import caller_id
from lambda_api.http.request_log import record_of
from lambda_api.http.schemas import EVENT_STREAM, ErrorResponse
from lambda_api.responses.service import ResponseService
from lambda_api.retrieval.grounded_chat import GroundedChat
from lambda_api.routers.queued import QUEUED, queued
from lambda_api.streaming.response import RelayResponse

_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "model": ChatCompletion,
        "description": "The answer; with `stream`, `chat.completion.chunk` events.",
        "content": EVENT_STREAM,
    },
    **QUEUED,
    "4XX": {"model": ErrorResponse, "description": "The request is at fault, or comes too often."},
    "5XX": {"model": ErrorResponse, "description": "The model failed, or is not ready."},
}


def router(
    service: GroundedChat, responses: ResponseService, cold_start: ColdStartStrategy
) -> APIRouter:
    """Return the routes of chat completions.

    Args:
        service: The chat service, which searches before if asked to.
        responses: The service that queues completions as responses.
        cold_start: The strategy for requests that meet a cold endpoint.
    """
    routes = APIRouter(prefix="/v1/chat", tags=["chat"])

    @routes.post("/completions", responses=_RESPONSES)
    def create_chat_completion(body: ChatCompletionRequest, request: Request) -> Response:
        """Complete a chat; with `stream`, as server-sent events ending in `[DONE]`."""
        note = record_of(request).note_retrieval
        services = (service.noting(note), responses.noting(note))
        return cold_start.answer(_PendingChat(request, bool(body.stream), body, *services))

    return routes


@dataclass(frozen=True)
class _PendingChat(PendingRequest):
    """A request for a chat completion."""

    body: ChatCompletionRequest
    service: GroundedChat
    responses: ResponseService

    def answer(self, upstream: Upstream | None = None) -> Response:
        service, owner = self.service.with_upstream(upstream), caller_id(self.request.scope)
        if self.is_streamed:
            self.record.stream, events, _ = service.stream(self.body, owner)
            return self.record.told(RelayResponse(events))
        completion, _ = service.complete(self.body, owner)
        self.record.usage = completion.usage
        return self.record.told(Response(completion.body, media_type="application/json"))

    def enqueue(self) -> Response | None:
        response = self.responses.enqueue_chat(self.body, caller_id(self.request.scope))
        return self.record.told(queued(response, self.request)) if response else None
