"""Routes of completions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.chat.service import ChatService, Upstream
from lambda_api.cold_start.strategies import ColdStartStrategy, PendingRequest
from lambda_api.completions.schemas import Completion, CompletionRequest
from lambda_api.completions.stream import CompletionStream
from lambda_api.completions.translation import chat_request, completion
from lambda_api.http.schemas import EVENT_STREAM, ErrorResponse
from lambda_api.streaming.response import RelayResponse

_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Completion,
        "description": "The answer; with `stream`, `text_completion` events.",
        "content": EVENT_STREAM,
    },
    "4XX": {"model": ErrorResponse, "description": "The request is at fault, or comes too often."},
    "5XX": {"model": ErrorResponse, "description": "The model failed, or is not ready."},
}


def router(service: ChatService, cold_start: ColdStartStrategy) -> APIRouter:
    """Return the route of completions.

    Args:
        service: The chat service, which makes the answers.
        cold_start: The strategy for requests that meet a cold endpoint.
    """
    routes = APIRouter(prefix="/v1/completions", tags=["completions"])

    @routes.post("", responses=_RESPONSES)
    def create_completion(body: CompletionRequest, request: Request) -> Response:
        """Answer a prompt, as the one message of a user; with `stream`, as server-sent events."""
        pending = _PendingCompletion(request, bool(body.stream), chat_request(body), service)
        return cold_start.answer(pending)

    return routes


@dataclass(frozen=True)
class _PendingCompletion(PendingRequest):
    """A request for a completion."""

    chat: ChatCompletionRequest
    service: ChatService

    def answer(self, upstream: Upstream | None = None) -> Response:
        service = self.service.with_upstream(upstream)
        if self.is_streamed:
            stream = CompletionStream(service.stream(self.chat))
            self.record.stream = stream.chat
            return RelayResponse(stream)
        answer = service.complete(self.chat)
        self.record.usage = answer.usage
        return Response(completion(answer.body), media_type="application/json")

    def enqueue(self) -> Response | None:
        # A queued request ends as a response, which has no form of a completion.
        return None
