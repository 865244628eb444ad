"""The hourly sweep: what no reader needs any more leaves the bucket.

docs/decisions/0208-what-no-generation-needs-is-swept-each-hour.md
docs/decisions/0213-a-changed-embedder-fills-its-index-by-itself.md
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from features.embedding.embedder import EmbedderIdentity
from features.index.generation import Generation
from features.index.paths import DOCUMENTS, INDEX, OWN_STORE, STORES, IndexPaths, own_store
from features.index.reading import read_current, read_generation, read_serving
from features.ingestion.chunk_writer import ChunkWriter
from features.storage.object_store import ObjectStore

_THREADS = 16
_KEPT_SECONDS = 3600
"""Time after the next generation during which one may still be read."""

_REPLACED_SECONDS = 3 * 3600
"""Time that a replaced index stays: while it is there, `Filler` sees that another one was in use,
and looks each hour."""


class Sweeper:
    """Deletions in the indexes of all stores.

    Args:
        documents: the bucket of documents.
        index: the bucket of records and generations.
        embedder: identity of the embedder that makes the records' vectors now.
        chunks: where chunks lie.
        clock: the present, in seconds since 1970.
    """

    def __init__(
        self,
        documents: ObjectStore,
        index: ObjectStore,
        embedder: EmbedderIdentity,
        chunks: ChunkWriter,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._documents = documents
        self._index = index
        self._embedder = embedder
        self._chunks = chunks
        self._clock = clock

    def stores(self) -> list[str]:
        """Return the names of all stores that have an index.

        Raises:
            StorageError: The bucket cannot be used.
        """
        return list(self._index.folders(INDEX))

    def gone(self, stores: Iterable[str]) -> set[str]:
        """Return those of some stores that a caller had made and has deleted.

        Their ids never come back. Ask after the stores were listed: a store is there before its
        first document, and so before its index.

        Raises:
            StorageError: The bucket cannot be used.
        """
        there = {own_store(info.key) for info in self._documents.list(STORES)}
        return {store for store in stores if OWN_STORE.fullmatch(store)} - there

    def remove(self, store: str) -> int:
        """Delete the index of a store that is gone, an hour after its last change; return how much.

        Raises:
            StorageError: The bucket cannot be used.
        """
        listed = list(self._index.list(f"{INDEX}{store}/"))
        before = self._clock() - _KEPT_SECONDS
        if any(info.modified.timestamp() >= before for info in listed) or self._is_held(store):
            return 0
        return self._delete(info.key for info in listed)

    def remove_replaced(self, store: str) -> int:
        """Delete a store's indexes of other embedders and places; return how many objects.

        Three hours after the last change, and not while readers use one of them.

        Raises:
            StorageError: The bucket cannot be used.
        """
        paths = self._paths(store)
        if read_serving(self._index, store, paths.place) != paths:
            return 0
        before = self._clock() - _REPLACED_SECONDS
        listed = list(self._index.list(f"{INDEX}{store}/"))
        others = [info for info in listed if not paths.owns(info.key)]
        changed = [*others, *(info for info in listed if info.key == paths.serving)]
        if any(info.modified.timestamp() >= before for info in changed):
            return 0
        return self._delete(info.key for info in others)

    def collect_garbage(self, store: str) -> int:
        """Delete generations and segments that nobody reads any more; return how many.

        Of the index that readers use, too, while another one is filled beside it.

        Raises:
            StorageError: The bucket cannot be used.
        """
        paths = self._paths(store)
        serving = read_serving(self._index, store, paths.place)
        return sum(self._collect(one) for one in {paths, serving or paths})

    def _collect(self, paths: IndexPaths) -> int:
        current = read_current(self._index, paths)
        if current is None:
            return 0
        before = self._clock() - _KEPT_SECONDS
        written = sorted(self._index.list(paths.generation("")), key=lambda info: info.modified)
        old = [info.key for info in written if info.modified.timestamp() < before]
        # The last of the old ones was the current one when the hour began.
        unused = set(old[:-1]) - {paths.generation(current[0])}
        read = [info.key for info in written if info.key not in unused]
        with ThreadPoolExecutor(_THREADS) as threads:
            used = set().union(*threads.map(partial(self._segments, paths), read))
        unused |= {
            info.key
            for info in self._index.list(paths.segment(""))
            if info.modified.timestamp() < before and info.key not in used
        }
        return self._delete(unused)

    def _segments(self, paths: IndexPaths, key: str) -> set[str]:
        generation = read_generation(self._index, paths, key.rpartition("/")[2])
        return {paths.segment(segment.name) for segment in generation.segments}

    def _is_held(self, store: str) -> bool:
        """Return True while documents are there, or vectors that only the generation names."""
        if any(True for _ in self._documents.list(f"{DOCUMENTS}{store}/")):
            return True
        paths = self._paths(store)
        current = read_current(self._index, paths)
        if paths.place == "snapshot" or current is None:
            return False
        generation = read_generation(self._index, paths, current[0])
        self._chunks.settle(generation, Generation(self._embedder, self._clock()))
        return bool(generation.documents)

    def _paths(self, store: str) -> IndexPaths:
        return IndexPaths(store, self._embedder, self._chunks.place)

    def _delete(self, keys: Iterable[str]) -> int:
        with ThreadPoolExecutor(_THREADS) as threads:
            return len(list(threads.map(self._index.delete, keys)))
