"""The writing half of a store of chunks: the port, and segments in the bucket behind it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Protocol

from features.index.generation import Generation, SegmentInfo
from features.index.packing import NewSegment, repack
from features.index.paths import IndexPaths, Place
from features.index.reading import read_segment
from features.index.record import Record
from features.storage.object_store import ObjectStore

_THREADS = 16


class ChunkWriter(Protocol):
    """A place for chunks, from where they are searched.

    A generation says which of them count, so that what is written before it is current, or left
    by a writer that died, is never found.
    """

    @property
    def place(self) -> Place:
        """The place's name in keys."""

    def write(
        self,
        paths: IndexPaths,
        before: Generation,
        changed: Mapping[str, Record],
        after: Generation,
    ) -> Generation:
        """Write the chunks of changed documents; return what is to come, complete.

        Args:
            paths: keys of the index.
            before: the generation that is current.
            changed: records of the documents that changed, by id.
            after: the next generation, without what this place knows of it.

        Raises:
            StorageError: The place cannot be used.
        """

    def settle(self, before: Generation, after: Generation) -> None:
        """Delete chunks that only the generation before had; the next is current now.

        Raises:
            StorageError: The place cannot be used.
        """


class SegmentWriter:
    """Chunks in segments of the bucket, of which only those that changed are written again."""

    place: Place = "snapshot"

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    def write(
        self,
        paths: IndexPaths,
        before: Generation,
        changed: Mapping[str, Record],
        after: Generation,
    ) -> Generation:
        """Write new segments; return the next generation with them and with those that stay."""
        tables = {document: record.table for document, record in changed.items()}
        stay, new = repack(before.segments, tables, partial(read_segment, self._objects, paths))
        with ThreadPoolExecutor(_THREADS) as threads:
            written = list(threads.map(partial(self._write, paths), new))
        return replace(after, segments=(*stay, *written))

    def settle(self, before: Generation, after: Generation) -> None:
        """Leave all: readers may hold the generation before for an hour."""

    def _write(self, paths: IndexPaths, segment: NewSegment) -> SegmentInfo:
        body = segment.table.packed()
        name = hashlib.sha256(body).hexdigest()
        self._objects.put(paths.segment(name), body)
        return SegmentInfo(name, segment.pieces)
