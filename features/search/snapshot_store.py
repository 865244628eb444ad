"""A store as a snapshot in memory: loaded once, then refreshed by the segments that are new."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from features.embedding.embedder import EmbedderIdentity
from features.index.generation import Generation
from features.index.reading import read_current, read_generation, read_segment, read_serving
from features.search.searched_index import SearchedIndex
from features.search.snapshot import Snapshot
from features.storage.object_store import ObjectStore

_THREADS = 8
_NOTHING = Generation(EmbedderIdentity("none", "", 0), 0)
EMPTY = Snapshot("", _NOTHING, {})
"""The snapshot of a store in which nothing was published yet."""


def load_snapshot(objects: ObjectStore, store: str, before: SearchedIndex | None) -> Snapshot:
    """Return the current snapshot of a store: the one before if nothing changed.

    Segments that the one before has are not read again.

    Raises:
        StorageError: The bucket cannot be read, or what lies in it is damaged.
    """
    paths = read_serving(objects, store)
    current = None if paths is None else read_current(objects, paths)
    if paths is None or current is None:
        return EMPTY
    name = current[0]
    if isinstance(before, Snapshot) and before.name == name:
        return before
    generation = read_generation(objects, paths, name)
    had = before.tables if isinstance(before, Snapshot) else {}
    missing = [segment.name for segment in generation.segments if segment.name not in had]
    with ThreadPoolExecutor(_THREADS) as threads:
        read = threads.map(partial(read_segment, objects, paths), missing)
        new = dict(zip(missing, read, strict=True))
    tables = {
        segment.name: had[segment.name] if segment.name in had else new[segment.name]
        for segment in generation.segments
    }
    snapshot = Snapshot(name, generation, tables)
    snapshot.prepare()
    return snapshot
