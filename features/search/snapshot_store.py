"""A store as a snapshot in memory: loaded once, then refreshed by the segments that are new."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from features.embedding.embedder import EmbedderIdentity
from features.index.chunk_table import ChunkTable
from features.index.generation import Generation
from features.index.paths import IndexPaths
from features.index.reading import find_published, load_last_good, read_generation, read_segment
from features.search.oversized import OversizedIndex
from features.search.searched_index import SearchedIndex
from features.search.snapshot import Snapshot
from features.settings import CALLERS_MB
from features.storage.arrays import OversizedError
from features.storage.object_store import ObjectStore

_THREADS = 8
_MOST_JSON_BYTES = 32 << 20
"""JSON of a segment of a caller's store, which takes three times as much while it is parsed: 2,000
chunks of 2,000 letters are 4 MB, and a character outside the basic plane twelve bytes."""

MOST_CHUNKS = 100_000
"""Chunks of a caller's store."""

_NOTHING = Generation(EmbedderIdentity("none", "", 0), 0)
EMPTY = Snapshot("", _NOTHING, {})
"""The snapshot of a store in which nothing was published yet."""


def load_snapshot(
    objects: ObjectStore,
    store: str,
    before: SearchedIndex | None,
    declared: Collection[str] = (),
    most_bytes: int = CALLERS_MB << 20,
) -> SearchedIndex:
    """Return the current snapshot of a store: the one before if nothing changed.

    Segments that the one before has are not read again. A store that would take the memory of all
    others is not loaded. Without one before, and with the current one damaged, it is the newest
    that can be read.

    Args:
        objects: the bucket.
        store: name of the store.
        before: the index as it was; None for the first.
        declared: names of the stores of config, for which whoever deploys gives the memory.
        most_bytes: memory of a caller's store, about.

    Raises:
        StorageError: The bucket cannot be read, or what lies in it is damaged.
    """
    found = find_published(objects, store)
    if found is None:
        return EMPTY
    paths, name = found
    if before is not None and before.name == name:
        return before
    bound = None if store in declared else most_bytes
    load = partial(_load, objects, paths, before=before, bound=bound)
    if before is not None and before.name:
        return load(name)  # where that is damaged, the one before goes on serving
    return load_last_good(objects, paths, name, load)


def _load(
    objects: ObjectStore,
    paths: IndexPaths,
    name: str,
    *,
    before: SearchedIndex | None,
    bound: int | None,
) -> SearchedIndex:
    generation = read_generation(objects, paths, name)
    if bound is not None and generation.chunks > MOST_CHUNKS:
        reason = f"this store has {generation.chunks} chunks, and {MOST_CHUNKS} can be searched"
        return OversizedIndex(name, generation, f"{reason}: take files out of it")
    had = before.tables if isinstance(before, Snapshot) else {}
    tables: dict[str, ChunkTable] = {}
    size = generation.size
    try:
        for segment, table in _tables(
            objects, paths, generation, had, is_bounded=bound is not None
        ):
            tables[segment] = table
            size += table.size
            if bound is not None and size > bound:
                raise OversizedError
    except OversizedError:
        reason = f"this store takes more than {(bound or 0) >> 20} MiB of memory to be searched"
        return OversizedIndex(name, generation, f"{reason}: take files out of it")
    snapshot = Snapshot(name, generation, tables)
    snapshot.prepare()
    return snapshot


def _tables(
    objects: ObjectStore,
    paths: IndexPaths,
    generation: Generation,
    had: Mapping[str, ChunkTable],
    *,
    is_bounded: bool,
) -> Iterator[tuple[str, ChunkTable]]:
    """Yield the segments in their order; no more are read ahead than threads read at once.

    Those of a bounded store are read one by one: nobody knows what the next one takes.
    """
    at_once, most_bytes = (1, _MOST_JSON_BYTES) if is_bounded else (_THREADS, None)

    def read(name: str) -> ChunkTable:
        return had[name] if name in had else read_segment(objects, paths, name, most_bytes)

    names = [segment.name for segment in generation.segments]
    with ThreadPoolExecutor(at_once) as threads:
        for start in range(0, len(names), at_once):
            some = names[start : start + at_once]
            yield from zip(some, threads.map(read, some), strict=True)
