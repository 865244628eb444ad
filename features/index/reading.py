"""Reading an index: its current generation and its segments, with digests checked."""

from __future__ import annotations

import hashlib
import json

from features.embedding.embedder import EmbedderIdentity
from features.errors import StorageError
from features.index.chunk_table import ChunkTable
from features.index.generation import Generation
from features.index.paths import IndexPaths, Place, serving_key
from features.index.record import Record
from features.storage.object_store import ObjectStore


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
        raise StorageError(f"{key} is damaged: {error}") from error


def read_current(objects: ObjectStore, paths: IndexPaths) -> tuple[str, str] | None:
    """Return the current generation's name and the etag of `current.json`; None before the first.

    Raises:
        StorageError: The bucket cannot be read, or what names the generation is damaged.
    """
    found = objects.get(paths.current)
    if found is None:
        return None
    try:
        return str(json.loads(found.body or b"")["generation"]), found.etag
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{paths.current} is damaged: {error}") from error


def read_generation(objects: ObjectStore, paths: IndexPaths, name: str) -> Generation:
    """Return a generation.

    Raises:
        StorageError: The generation is not there, damaged, or the bucket cannot be read.
    """
    try:
        return Generation.unpacked(_checked(objects, paths.generation(name), name))
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"generation {name} is damaged: {error}") from error


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


def read_published(
    objects: ObjectStore, store: str, place: Place = "snapshot"
) -> Generation | None:
    """Return the current generation of a store; None if nothing was published yet.

    Raises:
        StorageError: The bucket cannot be read, or what lies in it is damaged.
    """
    found = find_published(objects, store, place)
    return None if found is None else read_generation(objects, *found)


def read_segment(objects: ObjectStore, paths: IndexPaths, name: str) -> ChunkTable:
    """Return the chunks of a segment.

    Raises:
        StorageError: The segment is not there, damaged, or the bucket cannot be read.
    """
    try:
        return ChunkTable.unpacked(_checked(objects, paths.segment(name), name))[0]
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"segment {name} is damaged: {error}") from error


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
        raise StorageError(f"{key} is gone")
    if hashlib.sha256(found.body).hexdigest() != digest:
        raise StorageError(f"{key} has another digest than its name")
    return found.body
