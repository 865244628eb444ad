"""Chat completions over HTTP."""

from fastapi import APIRouter, Response

from lambda_api.chat import ChatService
from lambda_api.relay import RelayResponse
from lambda_api.schemas import ChatCompletionRequest


def router(service: ChatService) -> APIRouter:
    """Routes that complete chats with one service."""
    routes = APIRouter(prefix="/v1/chat", tags=["chat"])

    @routes.post("/completions")
    def create_chat_completion(body: ChatCompletionRequest) -> Response:
        """Complete a chat; with `stream`, as server-sent events."""
        if body.stream:
            return RelayResponse(service.stream(body))
        return Response(service.complete(body).body, media_type="application/json")

    return routes
