"""The service of responses: the chat service behind OpenAI's newer format."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.chat.service import ChatService, Upstream, payload_of
from lambda_api.errors import (
    InvalidRequestError,
    NotFoundError,
    PreviousResponseError,
    StorageError,
)
from lambda_api.responses.background import Background
from lambda_api.responses.from_chat_answer import new_id, outcome_of
from lambda_api.responses.from_chat_request import response_request
from lambda_api.responses.schemas import (
    InputItem,
    Response,
    ResponseRequest,
)
from lambda_api.responses.store import KeptResponse, ResponseStore
from lambda_api.responses.stream import ResponseStream
from lambda_api.responses.to_chat import ChatMessage, chat_request, messages_of

_ECHOED = {"text": {"format"}, "tools": True, "tool_choice": True}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Draft:
    """A response before the answer, with the chat completion that will make the answer."""

    chat: ChatCompletionRequest
    kept: KeptResponse

    @property
    def response(self) -> Response:
        return self.kept.response


@dataclass(frozen=True)
class ResponseService:
    """Responses of one model.

    Attributes:
        chat: The chat service, which makes the answers.
        connect_store: Returns the store of responses; None where nothing is stored.
        background: The way into the background; None where there is none.
    """

    chat: ChatService
    connect_store: Callable[[], ResponseStore] | None = None
    background: Background | None = None

    def create(self, request: ResponseRequest, owner: str) -> Response:
        """Return a whole response.

        Raises:
            ServiceError: The request was refused, or the upstream failed.
        """
        draft = self._draft(request, owner)
        outcome = outcome_of(self.chat.complete(draft.chat).body)
        return self._keep(owner, draft.kept, draft.response.model_copy(update=dict(outcome)))

    def stream(self, request: ResponseRequest, owner: str) -> ResponseStream:
        """Start a response. Failures up to the endpoint's acceptance are raised here.

        Raises:
            ServiceError: The request was refused, or the upstream failed.
        """
        draft = self._draft(request, owner)
        keep = partial(self._keep, owner, draft.kept)
        return ResponseStream(self.chat.stream(draft.chat), draft.response, keep)

    def enqueue(self, request: ResponseRequest, owner: str) -> Response:
        """Queue a response for the asynchronous endpoint.

        Raises:
            ServiceError: The request was refused, or the endpoint or the storage failed.
        """
        if self.background is None:
            raise _refused("background", "is not configured for this service")
        if request.stream:
            raise _refused("stream", "is not supported with background, fetch the response later")
        if request.store is False:
            raise _refused("store", "must not be false with background, which keeps the response")
        return self._submit(self.background, owner, self._draft(request, owner))

    def enqueue_instead(self, request: ResponseRequest, owner: str) -> Response | None:
        """Queue a response that was to be answered now; None if `store` forbids keeping it.

        Raises:
            ServiceError: The request was refused, or the endpoint or the storage failed.
        """
        if request.store is False:
            return None
        changes = {"background": True, "stream": None}
        return self.enqueue(request.model_copy(update=changes), owner)

    def enqueue_chat(self, request: ChatCompletionRequest, owner: str) -> Response | None:
        """Queue a chat completion as a response; None if `n` asks for more than one answer.

        Raises:
            ServiceError: The request was refused, or the endpoint or the storage failed.
        """
        if self.background is None or (request.n or 1) > 1:
            return None
        chat = request.unstreamed()
        response = _begun(response_request(chat), is_kept=True)
        messages = [message.model_dump(exclude_unset=True) for message in chat.messages]
        draft = _Draft(chat, KeptResponse(response=response, messages=messages))
        return self._submit(self.background, owner, draft)

    def with_upstream(self, upstream: Upstream | None) -> Self:
        """Return the same service over another upstream, or itself without any."""
        return replace(self, chat=self.chat.with_upstream(upstream)) if upstream else self

    def kept(self) -> ResponseStore:
        """Return the store of responses.

        Raises:
            NotFoundError: The service stores none.
        """
        if self.connect_store is None:
            raise NotFoundError("there is no such response, this service keeps none")
        return self.connect_store()

    def _submit(self, background: Background, owner: str, draft: _Draft) -> Response:
        payload = payload_of(draft.chat, self.chat.model_id, self.chat.modalities)
        response = draft.response.model_copy(update={"status": "queued", "background": True})
        kept = draft.kept.model_copy(update={"response": response})
        return background.submit(self.kept(), owner, kept, payload).response

    def _draft(self, request: ResponseRequest, owner: str) -> _Draft:
        messages = messages_of(request.input)
        if request.previous_response_id is not None:
            previous = self._previous(request.previous_response_id, owner)
            messages = _conversation(previous) + messages
            key = request.prompt_cache_key or previous.prompt_cache_key
            request = request.model_copy(update={"prompt_cache_key": key})
        chat = chat_request(request, messages)
        is_kept = self.connect_store is not None and request.store is not False
        response = _begun(request, is_kept=is_kept)
        # The next turn may come with other instructions, or without its key.
        key = self.chat.prefix_of(chat)
        kept = KeptResponse(response=response, messages=messages, prompt_cache_key=key)
        return _Draft(chat, kept)

    def _previous(self, response_id: str, owner: str) -> KeptResponse:
        try:
            kept = self.kept().find(owner, response_id)
        except NotFoundError as error:
            raise PreviousResponseError(error.message) from None
        if kept.response.status not in {"completed", "incomplete"}:
            raise PreviousResponseError(f"the response is {kept.response.status}, it has no answer")
        return kept

    def _keep(self, owner: str, kept: KeptResponse, response: Response) -> Response:
        """Store a response that has ended, if wanted; no failure to store loses the answer."""
        if not response.store or self.connect_store is None:
            return response
        try:
            self.connect_store().keep(owner, kept.model_copy(update={"response": response}))
        except StorageError as error:
            _log.warning("a response was not kept: %s", error.reason)
            return response.model_copy(update={"store": False})
        return response


def _conversation(kept: KeptResponse) -> list[ChatMessage]:
    """Return the messages of a response's conversation, up to and with the answer."""
    said = [InputItem.model_validate(item.model_dump()) for item in kept.response.output]
    return kept.messages + messages_of(said)


def _refused(param: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"{param}: {why}", param=param)


def _begun(request: ResponseRequest, *, is_kept: bool) -> Response:
    told = json.loads(request.written(by_alias=True, exclude_none=True, include=_ECHOED))
    return Response(
        id=new_id("resp"),
        created_at=int(time.time()),
        status="in_progress",
        model=request.model,
        background=False,
        store=is_kept,
        instructions=request.instructions,
        previous_response_id=request.previous_response_id,
        max_output_tokens=request.max_output_tokens,
        temperature=request.temperature,
        top_p=request.top_p,
        metadata=request.metadata or {},
        text=told.get("text") or {"format": {"type": "text"}},
        tools=told.get("tools", []),
        tool_choice=told.get("tool_choice", "auto"),
        parallel_tool_calls=request.parallel_tool_calls is not False,
    )
