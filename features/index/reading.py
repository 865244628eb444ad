"""Reading an index: its current generation and its segments, with digests checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from features.embedding.embedder import EmbedderIdentity
from features.errors import DamagedError, StorageError
from features.index.chunk_table import ChunkTable
from features.index.generation import Generation
from features.index.paths import IndexPaths, Place, serving_key
from features.index.record import Record
from features.storage.object_store import ObjectStore

_Loaded = TypeVar("_Loaded")


def read_serving(objects: ObjectStore, store: str, place: Place = "snapshot") -> IndexPaths | None:
    """Return the index of a store that readers use; None if nothing was published yet.

    Raises:
        StorageError: The bucket cannot be read, or what names the index is damaged.
    """
    key = serving_key(store, place)
    found = objects.get(key)
    if found is None:
        return None
    try:
        return IndexPaths(store, EmbedderIdentity(**json.loads(found.body or b"")), place)
    except (ValueError, TypeError) as error:
        raise DamagedError(f"{key} is damaged: {error}") from error


def read_current(objects: ObjectStore, paths: IndexPaths) -> tuple[str, str] | None:
    """Return the current generation's name and the etag of `current.json`; None before the first.

    The name is empty, which is no generation's, if what names it is damaged.

    Raises:
        StorageError: The bucket cannot be read.
    """
    found = objects.get(paths.current)
    if found is None:
        return None
    try:
        return str(json.loads(found.body or b"")["generation"]), found.etag
    except (ValueError, KeyError, TypeError):
        return "", found.etag


def read_generation(objects: ObjectStore, paths: IndexPaths, name: str) -> Generation:
    """Return a generation.

    Raises:
        DamagedError: The generation is not there, or damaged.
        StorageError: The bucket cannot be read.
    """
    if not name:
        raise DamagedError(f"{paths.current} is damaged")
    try:
        return Generation.unpacked(_checked(objects, paths.generation(name), name))
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"generation {name} is damaged: {error}") from error


def find_published(
    objects: ObjectStore, store: str, place: Place = "snapshot"
) -> tuple[IndexPaths, str] | None:
    """Return a store's index that readers use, and its current generation's name.

    None if nothing was published yet.

    Raises:
        StorageError: The bucket cannot be read, or what lies in it is damaged.
    """
    paths = read_serving(objects, store, place)
    while paths is not None:
        current = read_current(objects, paths)
        if current is not None:
            return paths, current[0]
        # An index that is replaced loses its current generation: another one is there by now.
        before, paths = paths, read_serving(objects, store, place)
        if paths == before:
            return None
    return None


def load_last_good(
    objects: ObjectStore, paths: IndexPaths, name: str, load: Callable[[str], _Loaded]
) -> _Loaded:
    """Load the current generation; where it is damaged, the newest that can be read.

    Args:
        objects: the bucket.
        paths: keys of the index.
        name: name of the current generation.
        load: loader of a generation by its name.

    Raises:
        DamagedError: None can be read.
        StorageError: The bucket cannot be read.
    """
    with suppress(DamagedError):
        return load(name)
    written = sorted(objects.list(paths.generation("")), key=lambda info: info.modified)
    for info in reversed(written):
        with suppress(DamagedError):
            return load(info.key.rpartition("/")[2])
    raise DamagedError(f"{paths.root} has no generation that can be read")


def read_published(
    objects: ObjectStore, store: str, place: Place = "snapshot"
) -> Generation | None:
    """Return the last good generation of a store; None if nothing was published yet.

    Raises:
        StorageError: The bucket cannot be read, or what lies in it is damaged.
    """
    found = find_published(objects, store, place)
    if found is None:
        return None
    paths, name = found
    return load_last_good(objects, paths, name, partial(read_generation, objects, paths))


def read_segment(
    objects: ObjectStore, paths: IndexPaths, name: str, most_bytes: int | None = None
) -> ChunkTable:
    """Return the chunks of a segment.

    Args:
        objects: the bucket.
        paths: keys of the index.
        name: name of the segment.
        most_bytes: most bytes of its texts as JSON; None for any number.

    Raises:
        DamagedError: The segment is not there, or damaged.
        OversizedError: It has more text.
        StorageError: The bucket cannot be read.
    """
    try:
        return ChunkTable.unpacked(_checked(objects, paths.segment(name), name), most_bytes)[0]
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"segment {name} is damaged: {error}") from error


def read_record(objects: ObjectStore, paths: IndexPaths, document: str) -> Record | None:
    """Return a document's record, by the document's id; None if there is none.

    Raises:
        StorageError: The record is damaged, or the bucket cannot be read.
    """
    found = objects.get(paths.record(document))
    if found is None:
        return None
    try:
        return Record.unpacked(found.body or b"")
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"the record {paths.record(document)} is damaged") from error


def _checked(objects: ObjectStore, key: str, digest: str) -> bytes:
    found = objects.get(key)
    if found is None or found.body is None:
        raise DamagedError(f"{key} is gone")
    if hashlib.sha256(found.body).hexdigest() != digest:
        raise DamagedError(f"{key} has another digest than its name")
    return found.body
