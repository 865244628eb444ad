"""The writing half: new versions are put first, old ones deleted when they count no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from features.index.generation import Generation
from features.index.paths import IndexPaths, Place
from features.index.record import Record
from features.search.filters import Types, types_of
from features.vectors.vector_index import ChunkVector, VectorIndex
from features.vectors.versions import chunk_key, chunk_keys, gone, version, versions


class VectorWriter:
    """Chunks in an index of vectors; the bucket keeps the list of documents."""

    place: Place = "vectors"

    def __init__(self, vectors: VectorIndex) -> None:
        self._vectors = vectors

    def write(
        self,
        paths: IndexPaths,
        before: Generation,
        changed: Mapping[str, Record],
        after: Generation,
    ) -> Generation:
        """Put the chunks of changed documents; return the next generation.

        It names the versions that go, so that the publication after it deletes them as well, if
        this one dies before it has.
        """
        self._vectors.put(_vectors(paths.store, changed))
        had = {name: before.documents[name] for name in changed if name in before.documents}
        types = types_of(record.table.attribute_sets[0] for record in changed.values())
        outdated = gone(versions(had), after.documents)
        return replace(after, types=_joined(before.types, types), outdated=outdated)

    def settle(self, before: Generation, after: Generation) -> None:
        """Delete the versions that went with this generation and with the one before."""
        outdated = gone((*before.outdated, *after.outdated), after.documents)
        self._vectors.delete(chunk_keys(outdated))


def _vectors(store: str, changed: Mapping[str, Record]) -> Iterator[ChunkVector]:
    for document, record in changed.items():
        name = version(document, record.info).document
        rows = record.table.vectors.astype(np.float32)
        for chunk, vector in zip(record.table.chunks, rows, strict=True):
            if vector.any():  # nothing is near a vector without a direction
                key = chunk_key(name, chunk.number)
                yield ChunkVector(key, store, vector, chunk.text, chunk.context, chunk.attributes)


def _joined(had: Types, new: Types) -> Mapping[str, tuple[str, ...]]:
    return {key: tuple(sorted({*had.get(key, ()), *new.get(key, ())})) for key in {**had, **new}}
