"""Retrieval before an answer: the searches in parallel, within their time, or an answer without."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from time import perf_counter

from lambda_api.chat.schemas import ChatCompletionRequest, Message
from lambda_api.errors import ServiceError
from lambda_api.retrieval.circuit_breaker import CircuitBreakers
from lambda_api.retrieval.errors import RetrievalError
from lambda_api.retrieval.file_search import FileSearch
from lambda_api.retrieval.grounding import Found, Grounding
from lambda_api.retrieval.rewriting import Rewrite, Rewriting, text_of
from lambda_api.retrieval.store_searches import (
    PATIENT_SECONDS,
    Answer,
    StoreSearches,
    found_in,
)

_THREADS = 16
_LONGEST_QUERY = 4000
"""Characters of a question that are searched for: more than the 256 tokens that search reads."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Retrieval:
    """Searches before answers, and by themselves.

    Attributes:
        stores: The searches of stores.
        context_length: Tokens of the model's prompt and answer together.
        seconds: Longest wait for a search before an answer.
        rewrites: True if questions are rewritten before an answer.
        rewrite_seconds: Longest wait for a rewritten question.
        breakers: The breakers of searches before answers, one for each owner.
    """

    stores: StoreSearches
    context_length: int
    seconds: float
    rewrites: bool = False
    rewrite_seconds: float = 1.5
    breakers: CircuitBreakers = field(default_factory=CircuitBreakers)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_THREADS, thread_name_prefix="rewriting")
    )

    def ground(
        self,
        search: FileSearch,
        request: ChatCompletionRequest,
        owner: str,
        rewrite: Rewrite | None = None,
    ) -> Grounding:
        """Return the ground of an answer; without passages if the search fails.

        Raises:
            InvalidRequestError: The search is not one that can be made.
            NotFoundError: A store is not there, or another owner's.
        """
        began = perf_counter()
        message = last_question(request.messages)
        self.stores.names_of(search.store_ids, owner)  # an unknown one is said whatever comes
        if not message:
            return Grounding(Found(), self.context_length)
        breaker = self.breakers.of(owner)
        if breaker.is_open:
            _log.warning("retrieval was not tried: the searches before it failed")
            found = Found((message,), failed="circuit")
        else:
            found = self._found(search, request.messages, message, owner, rewrite)
            breaker.note(failed=found.failed is not None)
        milliseconds = round((perf_counter() - began) * 1000, 2)
        return Grounding(replace(found, milliseconds=milliseconds), self.context_length)

    def connect_soon(self) -> None:
        """Connect before the first request, whose search has a time limit."""
        self.stores.connect(self.seconds)

    def search(
        self,
        search: FileSearch,
        queries: Sequence[str],
        owner: str,
        rewrite: Rewrite | None = None,
    ) -> Found:
        """Return what stores have on some questions, each rewritten by the model if told to.

        Raises:
            ServiceError: The search cannot be made as asked, or the function does not answer.
        """
        queries = [query[:_LONGEST_QUERY] for query in queries]
        if rewrite:
            said = [[Message(role="user", content=query)] for query in queries]
            begun = [self._rewriting(rewrite, messages) for messages in said]
            sentences = (rewriting.sentence() for rewriting in begun)
            queries = [new or old for new, old in zip(sentences, queries, strict=True)]
        answers = self.stores.find(search, queries, owner, PATIENT_SECONDS)
        return found_in(answers, search.most_results)

    def _found(
        self,
        search: FileSearch,
        messages: Sequence[Message],
        message: str,
        owner: str,
        rewrite: Rewrite | None,
    ) -> Found:
        rewriting = self._rewriting(rewrite, messages) if rewrite else None
        try:
            answers = self.stores.find(search, [message], owner, self.seconds)
            answers += self._found_beside(search, message, owner, rewriting) if rewriting else []
        except RetrievalError as error:
            _log.warning("retrieval failed: %s", error.reason)
            return Found((message,), failed="search")
        finally:
            if rewriting:
                rewriting.stop()
        return found_in(answers, search.most_results)

    def _found_beside(
        self, search: FileSearch, message: str, owner: str, rewriting: Rewriting
    ) -> list[Answer]:
        """Return what a rewritten question finds; whatever fails, the message's finds stand."""
        sentence = (rewriting.sentence() or message)[:_LONGEST_QUERY]
        if sentence == message:
            return []
        try:
            return self.stores.find(search, [sentence], owner, self.seconds)
        except ServiceError as error:
            _log.warning("a rewritten question found nothing: %s", error.reason or error.code)
            return []

    def _rewriting(self, rewrite: Rewrite, messages: Sequence[Message]) -> Rewriting:
        return Rewriting(self._pool, rewrite, messages, self.rewrite_seconds)


def last_question(messages: Sequence[Message]) -> str:
    """Return the text of the user's last message, without parts that are no text."""
    for message in reversed(messages):
        if message.role == "user":
            return text_of(message)[:_LONGEST_QUERY]
    return ""
