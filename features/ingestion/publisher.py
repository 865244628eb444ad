"""The publish function's work: the next generation of an index, of the records that changed.

`current.json` moves by a conditional put: of two publishers at once the later one starts again from
what the other made, so that a reader sees one generation or the next, and no change is lost.
docs/decisions/0111-generations-are-immutable.md
docs/decisions/0213-a-changed-embedder-fills-its-index-by-itself.md
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial

from features.embedding.embedder import EmbedderIdentity
from features.errors import DamagedError, StorageError
from features.index.generation import Generation
from features.index.paths import IndexPaths
from features.index.reading import read_current, read_generation, read_record, read_serving
from features.index.record import DocumentInfo, Record
from features.ingestion.chunk_writer import ChunkWriter
from features.ingestion.filler import stored_documents
from features.storage.object_store import ChangedError, ObjectStore

_ATTEMPTS = 20
_THREADS = 16
_MOST_CHUNKS = 20_000
"""Chunks of changed documents that are held at once: after them no further record is read."""


@dataclass(frozen=True)
class Published:
    """A publication: its changes, and the generation that came of them.

    Attributes:
        changed: Entries of documents that are new, other than before, failed or gone.
        generation: The generation that is current now; None if there was nothing to publish.
        left: Documents that were not looked at, as those before were enough for one generation.
    """

    changed: Sequence[DocumentInfo]
    generation: Generation | None
    left: Sequence[str] = ()


_News = tuple[Mapping[str, Record], Sequence[str]]


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
        ids = sorted(set(documents))
        published = self._advance(paths, lambda before: self._changed(paths, before, ids))
        self._serve(paths, ids)
        return published

    def repair(self, store: str) -> bool:
        """Publish a store anew where the current generation, or a segment, is gone or damaged.

        Return whether that was so.

        Raises:
            StorageError: The bucket cannot be used.
        """
        paths = IndexPaths(store, self._embedder, self._chunks.place)
        current = read_current(self._index, paths)
        with suppress(DamagedError):
            segments = self._generation(paths, current).segments
            there = {info.key for info in self._index.list(paths.segment(""))}
            if there.issuperset(paths.segment(segment.name) for segment in segments):
                return False
        with suppress(ChangedError):  # what another publisher made is whole
            self._move(paths, self._rebuilt(paths), current)
        return True

    def _advance(self, paths: IndexPaths, find: Callable[[Generation], _News]) -> Published:
        """Publish what is found to be new; again if somebody else was faster, or all is rebuilt."""
        for _ in range(_ATTEMPTS):
            current = read_current(self._index, paths)
            try:
                before = self._generation(paths, current)
                changed, left = find(before)
                if not changed:
                    return Published([], None)
                after = self._next(paths, before, changed)
            except DamagedError:
                before, changed, after = None, {}, self._rebuilt(paths)
            try:
                self._move(paths, after, current)
            except ChangedError:
                continue
            if before is not None:
                self._chunks.settle(before, after)
                return Published([record.info for record in changed.values()], after, left)
        raise StorageError(f"store {paths.store!r} was published {_ATTEMPTS} times meanwhile")

    def _rebuilt(self, paths: IndexPaths) -> Generation:
        """Return a generation of all records, which needs none before it."""
        ids = [info.key.rpartition("/")[2] for info in self._index.list(paths.record(""))]
        left: Sequence[str] = ids
        generation = Generation(paths.embedder, self._clock())
        while left:
            changed, left = self._changed(paths, generation, left)
            generation = self._next(paths, generation, changed)
        return generation

    def _generation(self, paths: IndexPaths, current: tuple[str, str] | None) -> Generation:
        if current is not None:
            return read_generation(self._index, paths, current[0])
        if read_serving(self._index, paths.store, paths.place) == paths:
            raise DamagedError(f"{paths.current} is gone")
        return Generation(paths.embedder, 0)

    def _changed(self, paths: IndexPaths, before: Generation, ids: Sequence[str]) -> _News:
        """Return the records with news, and the documents whose records were not read."""
        news = dict[str, Record]()
        with ThreadPoolExecutor(_THREADS) as threads:
            while ids and sum(len(record.table) for record in news.values()) < _MOST_CHUNKS:
                some, ids = ids[:_THREADS], ids[_THREADS:]
                read = threads.map(partial(read_record, self._index, paths), some)
                for name, record in zip(some, read, strict=True):
                    if record and _is_news(before.documents.get(name), record.info):
                        news[name] = record
        return news, ids

    def _next(
        self, paths: IndexPaths, before: Generation, changed: Mapping[str, Record]
    ) -> Generation:
        documents = {**before.documents}
        for document, record in changed.items():
            documents[document] = record.info
            if record.info.state == "deleted":
                del documents[document]
        after = Generation(paths.embedder, self._clock(), documents=documents)
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

    def _serve(self, paths: IndexPaths, ids: Sequence[str]) -> None:
        """Let readers use this index: the first at once, another one when it has all documents."""
        serving: IndexPaths | None = None
        with suppress(DamagedError):  # as if there were none
            serving = read_serving(self._index, paths.store, paths.place)
        if serving == paths:
            return
        if serving and paths.place == "snapshot" and not self._is_complete(paths):
            self._take_out(serving, paths, ids)
            return
        if read_current(self._index, paths) is None:
            if serving is None or not self._is_complete(paths):
                return
            with suppress(ChangedError):  # there is another one by now
                self._move(paths, Generation(paths.embedder, self._clock()), None)
        self._index.put(paths.serving, json.dumps(asdict(paths.embedder)).encode())
        if serving:
            # Were it used again, it would have what was there long ago.
            self._index.delete(serving.current)

    def _is_complete(self, paths: IndexPaths) -> bool:
        generation = self._generation(paths, read_current(self._index, paths))
        names = stored_documents(self._documents, paths.store)
        return all(name.id in generation.documents for name in names)

    def _take_out(self, serving: IndexPaths, paths: IndexPaths, ids: Sequence[str]) -> None:
        """Take documents that are gone out of the index that readers use meanwhile."""
        gone = dict[str, Record]()
        with ThreadPoolExecutor(_THREADS) as threads:
            for start in range(0, len(ids), _THREADS):
                some = ids[start : start + _THREADS]
                read = threads.map(partial(read_record, self._index, paths), some)
                found = zip(some, read, strict=True)
                gone |= {id_: one for id_, one in found if one and one.info.state == "deleted"}
            self._advance(
                serving,
                lambda before: ({id_: gone[id_] for id_ in gone if id_ in before.documents}, ()),
            )
            list(threads.map(self._index.delete, map(serving.record, gone)))


def _is_news(before: DocumentInfo | None, now: DocumentInfo) -> bool:
    return before is not None if now.state == "deleted" else before != now
