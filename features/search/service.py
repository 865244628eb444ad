"""The search function's work: stores by name, who may search them, and answers as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from tokenizers import Tokenizer

from features.embedding.embedder import Embedder, EmbedderIdentity, Vectors
from features.errors import SearchError, StorageError
from features.index.generation import Generation
from features.index.paths import STORE_NAME
from features.search.catalogue import time_of
from features.search.filters import Filter, parse_filter
from features.search.freshness import Refreshed
from features.search.query import Query
from features.search.searched_index import Hit, Load, SearchedIndex
from features.settings import CALLERS_MB, StoreSettings

_QUERY_TOKENS = 254
"""Tokens of a question that MiniLM reads: 256 tokens with the marks of its ends."""

MOST_STORES = 200
"""Callers' stores that are held: each is looked at again each minute."""


class SearchService:
    """Searches of all stores, of each its current generation.

    Args:
        load: loader of a store's index.
        peek: reader of a store's generation without its chunks; None before the first.
        embedder: function that returns the embedder of an identity; None if this process has none.
        tokenizer: tokenizer by which a question is cut.
        stores: stores that config declares.
        failed: called with the store and the error when a refresh fails.
        refresh_seconds: time after which a store is looked at again.
        most_bytes: memory of callers' stores that are held, about.
    """

    def __init__(
        self,
        load: Load,
        peek: Callable[[str], Generation | None],
        embedder: Callable[[EmbedderIdentity], Embedder | None],
        tokenizer: Tokenizer,
        stores: tuple[StoreSettings, ...],
        failed: Callable[[str, Exception], None],
        refresh_seconds: float = 5.0,
        most_bytes: int = CALLERS_MB << 20,
    ) -> None:
        self._load = load
        self._peek = peek
        self._embedder = embedder
        self._tokenizer = tokenizer
        self._declared = {store.name: store for store in stores}
        self._failed = failed
        self._seconds = refresh_seconds
        self._most_bytes = most_bytes
        self._indexes: dict[str, Refreshed[SearchedIndex]] = {}
        self._loading, self._holding = Lock(), Lock()

    def search(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a store has on a question.

        Args:
            told: `store`, `query`, and if wanted `caller`, `filters`, `top_k`, `weights`,
                `threshold`.

        Raises:
            SearchError: The request is wrong, the store is none of the caller's, or cannot be read.
        """
        store = self.allowed(told)
        forced = self._forced(store)
        query = Query.parse(told)
        text = self._cut(query.text)
        index = self._index(store)
        vector, degraded = self._vector(index, query, text)
        try:
            hits = index.search(query.narrowed(text, forced), vector)
        except StorageError as error:
            raise self._unavailable(store, error) from error
        return {
            "results": [_result(hit) for hit in hits],
            "queries": [text],
            "degraded": degraded,
            **_state(index),
        }

    def generation(self, store: str) -> Generation | None:
        """Return the generation that searches here read; of a store not held, the current.

        So that a document which is told to be there is also found.

        Raises:
            SearchError: The store cannot be read.
        """
        refreshed = self._indexes.get(store)
        try:
            if refreshed is None:
                return self._peek(store)
            refreshed.wait()
            return refreshed.get().generation
        except StorageError as error:
            raise self._unavailable(store, error) from error

    def warm(self) -> dict[str, Any]:
        """Load the stores of config, look at all again, and run the embedder once."""
        for store in self._declared:
            self._vector(self._index(store), Query("warm"), "warm")
        for store in list(self._indexes):
            if refreshed := self._indexes.get(store):  # one that grew may have taken its room
                refreshed.wait()
        return {"warm": sorted(self._indexes)}

    def allowed(self, told: Mapping[str, Any]) -> str:
        """Return the store that an event names: unknown, and another's, are the same to a caller.

        Raises:
            SearchError: It is no name, or that of a store for others.
        """
        store = told.get("store")
        if not isinstance(store, str) or not STORE_NAME.fullmatch(store):
            raise _not_found(store)
        declared = self._declared.get(store)
        if declared and declared.keys is not None and told.get("caller") not in declared.keys:
            raise _not_found(store)
        return store

    def _index(self, store: str) -> SearchedIndex:
        refreshed = self._indexes.get(store) or Refreshed[SearchedIndex](
            lambda before: self._loaded(store, before),
            lambda error: self._failed(store, error),
            self._seconds,
        )
        try:
            index = refreshed.get()
        except StorageError as error:
            raise self._unavailable(store, error) from error
        if not index.name and store not in self._declared:
            raise _not_found(store)
        # Kept only now, so that unknown names leave nothing behind.
        self._hold(store, refreshed)
        return index

    def _forced(self, store: str) -> Filter | None:
        """Return the filter that config adds; a store whose filter is none is closed, alone."""
        declared = self._declared.get(store)
        if declared is None or declared.forced_filter is None:
            return None
        try:
            return parse_filter(declared.forced_filter)
        except SearchError as error:
            self._failed(store, error)
            raise SearchError("unavailable", "the store cannot be searched now") from error

    def _hold(self, store: str, refreshed: Refreshed[SearchedIndex]) -> None:
        """Hold an index as the one that was used last."""
        with self._holding:
            self._indexes.pop(store, None)
            self._indexes[store] = refreshed
            if store not in self._declared and refreshed.last:
                self._make_room(store, refreshed.last.size)

    def _loaded(self, store: str, before: SearchedIndex | None) -> SearchedIndex:
        """Load a store's index; callers' one after the other, as none is small while it is read."""
        if store in self._declared:
            return self._load(store, before)
        with self._loading:
            index = self._load(store, before)
            if index.name:  # an unknown name pushes nothing out
                with self._holding:
                    self._make_room(store, index.size)
            return index

    def _make_room(self, store: str, size: int) -> None:
        """Let go of callers' stores that were not used for longest, until one of a size has room.

        How many stores callers make, this function does not know.
        """
        others = {
            name: held.last.size
            for name, held in self._indexes.items()
            if held.last and name not in self._declared and name != store
        }
        over = sum(others.values()) + size - self._most_bytes
        many = len(others) + 1 - MOST_STORES
        for name, one in others.items():
            if max(over, many) <= 0:
                break
            del self._indexes[name]
            over, many = over - one, many - 1

    def _unavailable(self, store: str, error: StorageError) -> SearchError:
        self._failed(store, error)
        return SearchError("unavailable", "the store cannot be read now")

    def _vector(
        self, index: SearchedIndex, query: Query, text: str
    ) -> tuple[Vectors | None, str | None]:
        """Return the question's vector, and the reason if there is none where there should be."""
        identity = index.generation.embedder
        if not identity.dimension or not query.weights.embedding:
            return None, None
        embedder = self._embedder(identity)
        if embedder is None:
            return None, "the index has another embedder"
        try:
            return embedder.embed([text])[0], None
        except StorageError as error:
            self._failed("", error)
            return None, "the embedder does not answer"

    def _cut(self, text: str) -> str:
        offsets = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return text[: offsets[_QUERY_TOKENS - 1][1]] if len(offsets) > _QUERY_TOKENS else text


def _not_found(store: object) -> SearchError:
    return SearchError("store_not_found", f"there is no store {store!r:.80}", "store")


def _result(hit: Hit) -> dict[str, Any]:
    return {
        "file_id": hit.info.file_id,
        "filename": hit.info.filename,
        "path": hit.info.path,
        "score": round(hit.score, 6),
        "attributes": dict(hit.chunk.attributes),
        "context": hit.chunk.context,
        "text": hit.chunk.text,
        "chunk": hit.chunk.number,
    }


def _state(index: SearchedIndex) -> dict[str, Any]:
    return {
        "generation": index.name or None,
        "as_of": time_of(index.generation),
        "embedder": index.generation.embedder.name,
    }
