"""The route of answers from all stores of config, for clients that know one question only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.chat.service import Upstream
from lambda_api.cold_start.strategies import ColdStartStrategy, PendingRequest
from lambda_api.errors import NotFoundError
from lambda_api.http.caller import caller_id
from lambda_api.http.request_log import record_of
from lambda_api.http.schemas import ErrorResponse
from lambda_api.retrieval.file_search import FILE_SEARCH, MOST_STORES
from lambda_api.retrieval.grounded_chat import GroundedChat
from lambda_api.retrieval.store_names import StoreNames

_ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorResponse, "description": "The request is at fault, or comes too often."},
    "5XX": {"model": ErrorResponse, "description": "The model failed, or is not ready."},
}


class RagRequest(BaseModel):
    """A question."""

    model_config = ConfigDict(extra="forbid", strict=True)

    query: Annotated[str, Field(min_length=1, max_length=100_000)]


class RagAnswer(BaseModel):
    """An answer, the cited files, and the state of the documents it was made from."""

    answer: str
    citations: list[dict[str, Any]]
    features_as_of: str | None = Field(description="None for an answer without documents.")


def router(service: GroundedChat, names: StoreNames, cold_start: ColdStartStrategy) -> APIRouter:
    """Return the route.

    Args:
        service: The chat service, which searches before.
        names: The stores' names; of config's, the first five that are the caller's are searched.
        cold_start: The strategy for requests that meet a cold endpoint.
    """
    routes = APIRouter(tags=["rag"])

    @routes.post("/rag", response_model=RagAnswer, responses=_ERRORS)
    def answer_from_documents(body: RagRequest, request: Request) -> Response:
        """Answer a question from the documents that the caller may search."""
        store_ids = names.declared_for(caller_id(request.scope))[:MOST_STORES]
        if not store_ids:
            raise NotFoundError("there is no vector store of config for this caller")
        chat = {
            "model": service.chat.models.base,
            "messages": [{"role": "user", "content": body.query}],
            "tools": [{"type": FILE_SEARCH, "vector_store_ids": store_ids}],
        }
        asked = ChatCompletionRequest.model_validate(chat)
        noting = service.noting(record_of(request).note_retrieval)
        return cold_start.answer(_PendingRag(request, False, asked, noting))

    return routes


@dataclass(frozen=True)
class _PendingRag(PendingRequest):
    """A question that waits for an answer."""

    chat: ChatCompletionRequest
    service: GroundedChat

    def answer(self, upstream: Upstream | None = None) -> Response:
        service, owner = self.service.with_upstream(upstream), caller_id(self.request.scope)
        completion, ground = service.complete(self.chat, owner)
        self.record.usage = completion.usage
        said = json.loads(completion.body)["choices"][0]["message"]
        told = RagAnswer(
            answer=said.get("content") or "",
            citations=said.get("annotations") or [],
            features_as_of=ground.found.as_of if ground.found else None,
        )
        return self.record.told(JSONResponse(told.model_dump()))

    def enqueue(self) -> Response | None:
        # A queued request ends as a response, which has another form.
        return None
