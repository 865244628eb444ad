"""Responses before their answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.chat.truncation import cut_to_fit
from lambda_api.response_objects.file_search import search_call
from lambda_api.response_objects.schemas import FileSearchCall, Response
from lambda_api.responses.store import KeptResponse
from lambda_api.retrieval.grounding import Grounding

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Draft:
    """A response before the answer, with the chat completion that will make the answer.

    Attributes:
        chat: The chat completion, without what was found.
        kept: The response, as it is stored.
        ground: What was found for the answer.
        include: The request's `include`.
    """

    chat: ChatCompletionRequest
    kept: KeptResponse
    ground: Grounding = field(default_factory=Grounding)
    include: Sequence[str] = ()

    @property
    def search(self) -> FileSearchCall | None:
        """The search before the answer, if there was one."""
        found = self.ground.found
        return search_call(found, self.response.id, self.include) if found else None

    @property
    def response(self) -> Response:
        """The response as it begins."""
        return self.kept.response

    def named(self, response_id: str | None) -> Draft:
        """Return the draft of a response with this id, or itself without any."""
        if response_id is None:
            return self
        response = self.response.model_copy(update={"id": response_id})
        return replace(self, kept=self.kept.model_copy(update={"response": response}))

    def asked_of(self, ask: Callable[[ChatCompletionRequest], Answer]) -> Answer:
        """Return the engine's answer, to a shorter conversation if that was asked for."""
        grounded = partial(self.ground.asked, ask)
        is_cut = self.response.truncation == "auto"
        return cut_to_fit(grounded, self.chat) if is_cut else grounded(self.chat)
