"""The service of responses: the chat service behind OpenAI's newer format."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.chat.service import Upstream
from lambda_api.errors import (
    InvalidRequestError,
    NotFoundError,
    PreviousResponseError,
    StorageError,
)
from lambda_api.response_objects.begin import begun
from lambda_api.response_objects.file_search import searched
from lambda_api.response_objects.from_chat_answer import new_id, outcome_of, placed
from lambda_api.response_objects.schemas import Response
from lambda_api.response_objects.stream import ResponseStream
from lambda_api.response_requests.from_chat_request import response_request
from lambda_api.response_requests.messages import ChatMessage, messages_of
from lambda_api.response_requests.param_names import in_response_terms
from lambda_api.response_requests.schemas import InputItem, ResponseRequest
from lambda_api.response_requests.to_chat import chat_request
from lambda_api.response_requests.tools import offer_of
from lambda_api.responses.background import Background
from lambda_api.responses.draft import Draft
from lambda_api.responses.references import finder, refers
from lambda_api.responses.store import KeptResponse, KeptSearch, ResponseStore
from lambda_api.retrieval.chat_tool import take_file_search
from lambda_api.retrieval.grounded_chat import GroundedChat
from lambda_api.retrieval.grounding import Found, Grounding

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ResponseService:
    """Responses of one model.

    Attributes:
        chat: The chat service, which makes the answers, and searches before.
        connect_store: Returns the store of responses; None where nothing is stored.
        background: The way into the background; None where there is none.
    """

    chat: GroundedChat
    connect_store: Callable[[], ResponseStore] | None = None
    background: Background | None = None

    def create(self, request: ResponseRequest, owner: str) -> tuple[Response, Grounding]:
        """Return a whole response, and its ground.

        Raises:
            ServiceError: The request was refused, or the upstream failed.
        """
        draft = self._draft(request, owner)
        with in_response_terms():
            answer = draft.asked_of(self.chat.chat.complete)
        whole = searched(outcome_of(answer.body), draft.search, draft.ground.files)
        outcome = placed(whole, draft.response.id)
        response = draft.response.model_copy(update=dict(outcome))
        return self._keep(owner, draft.kept, response), draft.ground

    def stream(self, request: ResponseRequest, owner: str) -> tuple[ResponseStream, Grounding]:
        """Start a response, and return its ground.

        Failures up to the endpoint's acceptance are raised here.

        Raises:
            ServiceError: The request was refused, or the upstream failed.
        """
        draft = self._draft(request, owner)
        keep = partial(self._keep, owner, draft.kept)
        with in_response_terms():
            stream = draft.asked_of(self.chat.chat.stream)
        files = draft.ground.files
        return ResponseStream(stream, draft.response, keep, draft.search, files), draft.ground

    def enqueue(
        self, request: ResponseRequest, owner: str, response_id: str | None = None
    ) -> Response:
        """Queue a response for the asynchronous endpoint.

        Args:
            request: The request.
            owner: The caller.
            response_id: The response's id, if it has one; one that is there is not queued again.

        Raises:
            ServiceError: The request was refused, or the endpoint or the storage failed.
        """
        if self.background is None:
            raise _refused("background", "is not configured for this service")
        if request.store is False:
            raise _refused("store", "must not be false with background, which keeps the response")
        if response_id and (found := self.found(owner, response_id)):
            return found
        # The queue's answers are whole, and nobody is there to cut what turns out too long.
        changes = {"stream": None, "truncation": None}
        draft = self._draft(request.model_copy(update=changes), owner).named(response_id)
        with in_response_terms():
            return self._submit(self.background, owner, draft)

    def new_id(self) -> str:
        """Return the id of a response that is made later."""
        return new_id("resp")

    def found(self, owner: str, response_id: str) -> Response | None:
        """Return a kept response; None if there is none."""
        try:
            return self.kept().find(owner, response_id).response
        except NotFoundError:
            return None

    def enqueue_instead(self, request: ResponseRequest, owner: str) -> Response | None:
        """Queue a response that was to be answered now; None if `store` forbids keeping it.

        Raises:
            ServiceError: The request was refused, or the endpoint or the storage failed.
        """
        if request.store is False:
            return None
        return self.enqueue(request.model_copy(update={"background": True}), owner)

    def enqueue_chat(self, request: ChatCompletionRequest, owner: str) -> Response | None:
        """Queue a chat completion as a response; None if `n` asks for more than one answer.

        Raises:
            ServiceError: The request was refused, or the endpoint or the storage failed.
        """
        if self.background is None or (request.n or 1) > 1:
            return None
        search, chat = take_file_search(request.unstreamed())
        ground = self.chat.ground(search, chat, owner)
        response = begun(response_request(chat), is_kept=True)
        messages = [message.model_dump(exclude_unset=True) for message in chat.messages]
        draft = Draft(chat, KeptResponse(response=response, messages=messages), ground)
        return self._submit(self.background, owner, draft)

    def with_upstream(self, upstream: Upstream | None) -> Self:
        """Return the same service over another upstream, or itself without any."""
        return replace(self, chat=self.chat.with_upstream(upstream)) if upstream else self

    def noting(self, note: Callable[[Found], None]) -> Self:
        """Return the same service for a request, and note its search."""
        return replace(self, chat=self.chat.noting(note))

    def kept(self) -> ResponseStore:
        """Return the store of responses.

        Raises:
            NotFoundError: The service stores none.
        """
        if self.connect_store is None:
            raise NotFoundError("there is no such response, this service keeps none")
        return self.connect_store()

    def _submit(self, background: Background, owner: str, draft: Draft) -> Response:
        payload = draft.ground.asked(self.chat.chat.payload_of, draft.chat)
        response = draft.response.model_copy(update={"status": "queued", "background": True})
        search = draft.search and KeptSearch(call=draft.search, files=draft.ground.files)
        kept = draft.kept.model_copy(update={"response": response, "search": search})
        return background.submit(self.kept(), owner, kept, payload).response

    def _draft(self, request: ResponseRequest, owner: str) -> Draft:
        messages, key = self._messages(request, owner), request.prompt_cache_key
        if request.previous_response_id is not None:
            previous = self._previous(request.previous_response_id, owner)
            messages = _conversation(previous) + messages
            key = key or previous.prompt_cache_key
        chat = chat_request(request.model_copy(update={"prompt_cache_key": key}), messages)
        is_kept = self.connect_store is not None and request.store is not False
        response = begun(request, is_kept=is_kept)
        offer = offer_of(request)
        if left_out := offer.left_out:
            _log.warning("tools that are not run here were left out: %.512s", ", ".join(left_out))
        # The next turn may come with other instructions, or without its key.
        key = self.chat.chat.prefix_of(chat)
        kept = KeptResponse(response=response, messages=messages, prompt_cache_key=key)
        with in_response_terms():
            ground = self.chat.ground(offer.search, chat, owner)
        if ground.found is not None and key:
            chat = chat.model_copy(update={"prompt_cache_key": key})
        return Draft(chat, kept, ground, request.include or ())

    def _messages(self, request: ResponseRequest, owner: str) -> list[ChatMessage]:
        given = request.input
        if isinstance(given, str) or self.connect_store is None or not refers(given):
            return messages_of(given)
        return messages_of(given, finder(self.kept(), owner, given))

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
