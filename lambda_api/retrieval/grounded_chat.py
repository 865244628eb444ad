"""Chat completions that are answered from what a search finds, with annotations that cite."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from lambda_api.chat.assembly import written
from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.chat.service import ChatService, Completion, Upstream
from lambda_api.chat.stream import ChatStream
from lambda_api.retrieval.chat_tool import take_file_search
from lambda_api.retrieval.citations import Annotation, CitationFinder
from lambda_api.retrieval.errors import UnsupportedToolError
from lambda_api.retrieval.file_search import FileSearch
from lambda_api.retrieval.grounding import Found, Grounding
from lambda_api.retrieval.rewriting import ModelRewrite
from lambda_api.retrieval.service import Retrieval
from lambda_api.streaming.sse import payloads


@dataclass(frozen=True)
class GroundedChat:
    """Chat completions of one model, with or without a search before.

    Attributes:
        chat: The service that answers.
        retrieval: The service that searches; None where the stage has none.
        note: Called with what a search found before the answer is asked for, or that it failed.
        rewriter: The service that rewrites questions; the one that answers unless given.
    """

    chat: ChatService
    retrieval: Retrieval | None = None
    note: Callable[[Found], None] | None = None
    rewriter: ChatService | None = None

    def complete(self, request: ChatCompletionRequest, owner: str) -> tuple[Completion, Grounding]:
        """Return the whole answer and its ground.

        Raises:
            ServiceError: The request was refused, or the upstream failed.
        """
        search, plain = take_file_search(request)
        ground = self.ground(search, plain, owner)
        completion = ground.asked(self.chat.complete, self._routed(plain, ground))
        if ground.blocks:
            body = _cited(completion.body, ground)
            completion = replace(completion, body=body)
        return completion, ground

    def stream(
        self, request: ChatCompletionRequest, owner: str
    ) -> tuple[ChatStream, CitedStream | ChatStream, Grounding]:
        """Start an answer; return the engine's stream, the client's, and the ground.

        Raises:
            ServiceError: The request was refused, or the upstream failed.
        """
        search, plain = take_file_search(request)
        ground = self.ground(search, plain, owner)
        stream = ground.asked(self.chat.stream, self._routed(plain, ground))
        return stream, CitedStream(stream, ground) if ground.blocks else stream, ground

    def ground(
        self, search: FileSearch | None, request: ChatCompletionRequest, owner: str
    ) -> Grounding:
        """Return the ground of an answer: what a search before finds.

        Raises:
            ServiceError: The search cannot be made as asked.
        """
        if search is None:
            return Grounding()
        if self.retrieval is None:
            raise UnsupportedToolError(search.param)
        # What the engine would refuse is refused before anything is searched.
        self.chat.payload_of(request)
        rewrite = self._rewrite if self.retrieval.rewrites else None
        ground = self.retrieval.ground(search, request, owner, rewrite)
        if self.note and ground.found:
            self.note(ground.found)
        return ground

    def search(
        self, search: FileSearch, queries: Sequence[str], owner: str, rewritten: bool
    ) -> Found:
        """Return what stores have on some questions, rewritten by the model if wanted.

        Raises:
            ServiceError: The search cannot be made as asked, or the function does not answer.
        """
        if self.retrieval is None:
            raise UnsupportedToolError(search.param)
        rewrite = self._rewrite if rewritten else None
        return self.retrieval.search(search, queries, owner, rewrite)

    def with_upstream(self, upstream: Upstream | None) -> Self:
        """Return the same service over another upstream, or itself without any.

        Questions are rewritten over the first: one that waits for capacity takes one call only.
        """
        if upstream is None:
            return self
        rewriter = self.rewriter or self.chat
        return replace(self, chat=self.chat.with_upstream(upstream), rewriter=rewriter)

    def noting(self, note: Callable[[Found], None]) -> Self:
        """Return the same service for a request, and note its search."""
        return replace(self, note=note)

    @property
    def _rewrite(self) -> ModelRewrite:
        return ModelRewrite(self.rewriter or self.chat)

    def _routed(self, request: ChatCompletionRequest, ground: Grounding) -> ChatCompletionRequest:
        """Return a request whose prefix id is the conversation's, whatever is put in front."""
        if ground.found is None or not (prefix := self.chat.prefix_of(request)):
            return request
        return request.model_copy(update={"prompt_cache_key": prefix})


class CitedStream:
    """A streamed chat completion whose last chunk of a choice has the annotations.

    Args:
        chat: The answer.
        ground: The answer's ground.
    """

    def __init__(self, chat: ChatStream, ground: Grounding) -> None:
        self._chat = chat
        self._ground = ground
        self._finders: dict[int, CitationFinder] = {}
        self._found: dict[int, list[Annotation]] = {}

    def close(self) -> None:
        """Stop the upstream read, if still running; safe from any thread."""
        self._chat.close()

    def __iter__(self) -> Iterator[bytes]:
        """Yield blocks of whole events."""
        for block in self._chat:
            yield self._annotated(block)

    def _annotated(self, block: bytes) -> bytes:
        for payload in payloads(block):
            try:
                chunk = json.loads(payload)
            except ValueError:  # [DONE]
                continue
            choices = chunk.get("choices") or () if isinstance(chunk, dict) else ()
            changed = [self._ends_with_annotations(choice) for choice in choices]
            if any(changed):
                block = block.replace(payload, written(chunk))
        return block

    def _ends_with_annotations(self, choice: dict[str, Any]) -> bool:
        index, delta = choice.get("index", 0), choice.get("delta") or {}
        finder = self._finders.setdefault(index, self._ground.citations())
        found = self._found.setdefault(index, [])
        found += finder.feed(delta.get("content") or "")
        if not choice.get("finish_reason") or not found:
            return False
        choice["delta"] = {**delta, "annotations": found}
        return True


def _cited(body: bytes, ground: Grounding) -> bytes:
    """Return a whole answer with the annotations of its messages."""
    answer = json.loads(body)
    for choice in answer.get("choices") or ():
        message = choice.get("message") or {}
        found = ground.citations().feed(message.get("content") or "")
        if found:
            message["annotations"] = found
    return written(answer)
