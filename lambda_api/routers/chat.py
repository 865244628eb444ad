"""Chat completions over HTTP."""

from typing import Any

from fastapi import APIRouter, Request, Response

from lambda_api.chat import ChatService
from lambda_api.observability import record_of
from lambda_api.relay import RelayResponse
from lambda_api.schemas import ChatCompletion, ChatCompletionRequest, ErrorResponse

_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "model": ChatCompletion,
        "description": "The answer; with `stream`, `chat.completion.chunk` events.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    "4XX": {"model": ErrorResponse, "description": "The request is at fault, or comes too often."},
    "5XX": {"model": ErrorResponse, "description": "The model failed, or is not ready."},
}


def router(service: ChatService) -> APIRouter:
    """Routes that complete chats with one service."""
    routes = APIRouter(prefix="/v1/chat", tags=["chat"])

    @routes.post("/completions", responses=_RESPONSES)
    def create_chat_completion(body: ChatCompletionRequest, request: Request) -> Response:
        """Complete a chat; with `stream`, as server-sent events ending in `[DONE]`."""
        record = record_of(request)
        if body.stream:
            record.stream = service.stream(body)
            return RelayResponse(record.stream)
        completion = service.complete(body)
        record.usage = completion.usage
        return Response(completion.body, media_type="application/json")

    return routes
