"""Searches of vector stores by the search function: several at once, each for the store's callers.

A store that a caller has made may have been deleted, or have expired, while its chunks are still in
the index: it is looked at beside the search. docs/decisions/0194
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from itertools import product
from time import perf_counter
from typing import Any, Protocol

from lambda_api.errors import InvalidRequestError, NotFoundError, StorageError
from lambda_api.retrieval.errors import RetrievalError
from lambda_api.retrieval.file_search import FileSearch
from lambda_api.retrieval.grounding import Found
from lambda_api.retrieval.passages import Passage, merged
from lambda_api.retrieval.store_names import StoreNames

PATIENT_SECONDS = 25.0
"""Longest wait of whoever asks for a search itself: a cold start of the function, and a first look
at a large store."""

_THREADS = 16
_LOOKING_THREADS = 8

_log = logging.getLogger(__name__)


class SearchFunction(Protocol):
    """The port to the search function. Blocks."""

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the function's answer.

        Raises:
            RetrievalError: It does not answer, or not in time.
        """


Answer = tuple[str, dict[str, Any]]
"""The name of a store in the index, and the function's answer about it."""


@dataclass(frozen=True)
class StoreSearches:
    """Searches of stores.

    Attributes:
        connect: Returns the search function by the longest wait for it, in seconds; called for
            each search, so cached.
        names: The stores' names in the index.
        is_there: Returns True for a store that an owner has made and that has not expired, by owner
            and id. Blocks.
    """

    connect: Callable[[float], SearchFunction]
    names: StoreNames
    is_there: Callable[[str, str], bool]
    _searches: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_THREADS, thread_name_prefix="search")
    )
    _looks: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_LOOKING_THREADS, thread_name_prefix="look")
    )

    def names_of(self, store_ids: Sequence[str], owner: str) -> list[str]:
        """Return the names of stores in the index.

        Raises:
            NotFoundError: One is no id of a store.
        """
        return [self._name(store_id, owner) for store_id in store_ids]

    def find(
        self, search: FileSearch, queries: Sequence[str], owner: str, seconds: float
    ) -> list[Answer]:
        """Return the answer of each store to each question.

        Raises:
            InvalidRequestError: The search is not one that can be made.
            NotFoundError: A store is not there, or another owner's.
            RetrievalError: The function does not answer in time.
        """
        ends = perf_counter() + seconds
        stores = list(zip(search.store_ids, self.names_of(search.store_ids, owner), strict=True))
        looks = {
            store_id: self._looks.submit(self.is_there, owner, store_id)
            for store_id in filter(self.names.is_made, search.store_ids)
        }
        function = self.connect(seconds)
        asked = [
            (name, self._searches.submit(function, search.event(name, query, owner)))
            for query, (_, name) in product(queries, stores)
        ]
        try:
            told = [(name, _in_time(future, ends)) for name, future in asked]
        finally:
            # What nobody waits for is not begun: the next caller's searches take the threads.
            for _, future in asked:
                future.cancel()
        for store_id, look in looks.items():
            if not _is_there(look, ends):
                raise missing_store(store_id)
        ids = {name: store_id for store_id, name in stores}
        return [(name, self._checked(answer, ids[name], search.param)) for name, answer in told]

    def ask(self, store_id: str, owner: str, **event: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the function's answer about one store, after a wait if need be.

        Args:
            store_id: The store; one of a caller's is taken to be there.
            owner: The caller.
            event: The question.

        Raises:
            NotFoundError: There is no such store for the caller.
            RetrievalError: The function does not answer.
        """
        told = {**event, "store": self._name(store_id, owner), "caller": owner}
        return self._checked(self.connect(PATIENT_SECONDS)(told), store_id, "")

    def counts(self, store_ids: Sequence[str], owner: str) -> dict[str, Mapping[str, int]]:
        """Return how many documents of an owner's stores are "ready" and how many "failed", by id.

        Raises:
            RetrievalError: The function does not answer.
        """
        if not store_ids:
            return {}
        names = self.names_of(store_ids, owner)
        answer = self._checked(self.connect(PATIENT_SECONDS)({"counts": names}), "", "")
        return {one: answer["counts"][name] for one, name in zip(store_ids, names, strict=True)}

    def _checked(self, answer: dict[str, Any], store_id: str, param: str) -> dict[str, Any]:
        error = answer.get("error")
        if error is None:
            return answer
        if error["code"] == "invalid_request":
            where = f"{param}.{error['param']}".strip(".") if error["param"] else None
            raise InvalidRequestError(error["message"], param=where)
        if error["code"] != "store_not_found":
            raise RetrievalError(error["message"], reason=error["code"])
        if not self.names.is_made(store_id):
            raise missing_store(store_id)
        return {"results": [], "queries": [], "as_of": None}  # nothing was published yet

    def _name(self, store_id: str, owner: str) -> str:
        name = self.names.name_of(store_id, owner)
        if name is None:
            raise missing_store(store_id)
        return name


def found_in(answers: Sequence[Answer], most: int) -> Found:
    """Return the passages of several answers as one ranking.

    Args:
        answers: The answers; those to one question say so in the same words.
        most: Most passages.
    """
    rankings = [
        [Passage.of(store, told) for told in answer["results"]] for store, answer in answers
    ]
    times = [answer["as_of"] for _, answer in answers if answer.get("as_of")]
    queries = dict.fromkeys(query for _, answer in answers for query in answer["queries"])
    passages = merged(rankings, most)
    return Found(tuple(queries), tuple(passages), min(times, default=None))


def missing_store(store_id: str) -> NotFoundError:
    """Return the error of a store that is not there, or another's: the same words."""
    return NotFoundError(f"there is no vector store {store_id[:64]!r}")


def _in_time(asked: Future[dict[str, Any]], ends: float) -> dict[str, Any]:
    try:
        return asked.result(max(0, ends - perf_counter()))
    except FutureTimeoutError:
        raise RetrievalError("the search took too long", reason="timeout") from None


def _is_there(look: Future[bool], ends: float) -> bool:
    """Return False for a store that is not there; True if nobody can tell in time.

    A store is named after its owner: another's cannot be meant.
    """
    try:
        return look.result(max(0, ends - perf_counter()))
    except (FutureTimeoutError, StorageError) as error:
        _log.warning("a store was not looked at: %s", type(error).__name__)
        return True
