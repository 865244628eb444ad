"""The publish function's work: the next generation of an index, of the records that changed.

`current.json` moves by a conditional put: of two publishers at once the later one starts again from
what the other made, so that a reader sees one generation or the next, and no change is lost.
docs/decisions/0111-generations-are-immutable.md
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial

from features.embedding.embedder import EmbedderIdentity
from features.errors import StorageError
from features.index.generation import Generation
from features.index.paths import (
    DOCUMENTS,
    INDEX,
    OWN_STORE,
    SIDECAR,
    STORES,
    DocumentName,
    IndexPaths,
    own_store,
)
from features.index.reading import read_current, read_generation, read_record, read_serving
from features.index.record import DocumentInfo, Record
from features.ingestion.chunk_writer import ChunkWriter
from features.storage.object_store import ChangedError, ObjectStore

_ATTEMPTS = 20
_THREADS = 16
_KEPT_SECONDS = 3600
"""Time after the next generation during which one may still be read."""


@dataclass(frozen=True)
class Published:
    """A publication: its changes, and the generation that came of them.

    Attributes:
        changed: Entries of documents that are new, other than before, failed or gone.
        generation: The generation that is current now; None if there was nothing to publish.
    """

    changed: Sequence[DocumentInfo]
    generation: Generation | None


class Publisher:
    """Generations of the indexes of one embedder.

    Args:
        documents: the bucket of documents.
        index: the bucket of records and generations.
        embedder: identity of the embedder that made the records' vectors.
        chunks: where chunks go, to be searched.
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

    def publish(self, store: str, documents: Iterable[str]) -> Published:
        """Publish what the records of documents say; without a change nothing is written.

        Args:
            store: name of the store.
            documents: ids of documents whose records may have changed.

        Raises:
            StorageError: The bucket cannot be used, or others never stop publishing.
        """
        paths = IndexPaths(store, self._embedder, self._chunks.place)
        for _ in range(_ATTEMPTS):
            current = read_current(self._index, paths)
            before = self._generation(paths, current)
            changed = self._changed(paths, before, documents)
            if not changed:
                return Published([], None)
            after = self._next(paths, before, changed)
            try:
                self._move(paths, after, current)
            except ChangedError:
                continue
            self._serve(paths, after)
            self._chunks.settle(before, after)
            return Published([record.info for record in changed.values()], after)
        raise StorageError(f"store {store!r} was published {_ATTEMPTS} times meanwhile")

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
        with ThreadPoolExecutor(_THREADS) as threads:
            list(threads.map(self._index.delete, [info.key for info in listed]))
        return len(listed)

    def _is_held(self, store: str) -> bool:
        """Return True while documents are there, or vectors that only the generation names."""
        if any(True for _ in self._documents.list(f"{DOCUMENTS}{store}/")):
            return True
        paths = IndexPaths(store, self._embedder, self._chunks.place)
        generation = self._generation(paths, read_current(self._index, paths))
        if paths.place == "vectors":
            self._chunks.settle(generation, Generation(self._embedder, self._clock()))
        return paths.place == "vectors" and bool(generation.documents)

    def collect_garbage(self, store: str) -> int:
        """Delete generations and segments that nobody reads any more; return how many.

        Raises:
            StorageError: The bucket cannot be used.
        """
        paths = IndexPaths(store, self._embedder, self._chunks.place)
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
        with ThreadPoolExecutor(_THREADS) as threads:
            list(threads.map(self._index.delete, unused))
        return len(unused)

    def _segments(self, paths: IndexPaths, key: str) -> set[str]:
        generation = read_generation(self._index, paths, key.rpartition("/")[2])
        return {paths.segment(segment.name) for segment in generation.segments}

    def _generation(self, paths: IndexPaths, current: tuple[str, str] | None) -> Generation:
        if current is None:
            return Generation(self._embedder, 0)
        return read_generation(self._index, paths, current[0])

    def _changed(
        self, paths: IndexPaths, before: Generation, documents: Iterable[str]
    ) -> Mapping[str, Record]:
        ids = sorted(set(documents))
        with ThreadPoolExecutor(_THREADS) as threads:
            records = dict(
                zip(ids, threads.map(partial(read_record, self._index, paths), ids), strict=True)
            )
        return {
            document: record
            for document, record in records.items()
            if record is not None and _is_news(before.documents.get(document), record.info)
        }

    def _next(
        self, paths: IndexPaths, before: Generation, changed: Mapping[str, Record]
    ) -> Generation:
        documents = {**before.documents}
        for document, record in changed.items():
            documents[document] = record.info
            if record.info.state == "deleted":
                del documents[document]
        after = Generation(self._embedder, self._clock(), documents=documents)
        return self._chunks.write(paths, before, changed, after)

    def _move(
        self, paths: IndexPaths, generation: Generation, current: tuple[str, str] | None
    ) -> None:
        name, body = generation.packed()
        self._index.put(paths.generation(name), body)
        told = json.dumps({"generation": name, "created": generation.created}).encode()
        if current is None:
            self._index.create(paths.current, told)
        else:
            self._index.replace(paths.current, told, current[1])

    def _serve(self, paths: IndexPaths, generation: Generation) -> None:
        """Let readers use this index: the first at once, another one when it has all documents."""
        serving = read_serving(self._index, paths.store, paths.place)
        if serving == paths or (serving is not None and not self._complete(paths, generation)):
            return
        self._index.put(paths.serving, json.dumps(asdict(self._embedder)).encode())

    def _complete(self, paths: IndexPaths, generation: Generation) -> bool:
        names = (
            DocumentName.of_key(info.key)
            for info in self._documents.list(f"{DOCUMENTS}{paths.store}/")
            if not info.key.endswith(SIDECAR)
        )
        return all(name.id in generation.documents for name in names if name)


def _is_news(before: DocumentInfo | None, now: DocumentInfo) -> bool:
    return before is not None if now.state == "deleted" else before != now
