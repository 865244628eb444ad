"""The reading half: a generation's documents in memory, and its chunks asked for elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from features.embedding.embedder import EmbedderIdentity, Vectors
from features.errors import SearchError, StorageError
from features.index.chunk_table import IndexedChunk
from features.index.generation import Generation
from features.index.paths import IndexPaths
from features.index.reading import find_published, load_last_good, read_current, read_generation
from features.search.query import Query
from features.search.searched_index import Hit, SearchedIndex
from features.storage.object_store import ObjectStore
from features.vectors.vector_index import MOST_FOUND, Found, VectorIndex
from features.vectors.versions import parse_key, version

_NOTHING = Generation(EmbedderIdentity("none", "", 0), 0)


class VectorView:
    """A generation whose chunks are in an index of vectors.

    Attributes:
        name: Name of the generation, a digest; empty before the first.
        generation: The generation.
        paths: Keys of the index; None before the first.
        size: Bytes of its documents in memory, about: its chunks are elsewhere.
    """

    def __init__(
        self,
        objects: ObjectStore,
        vectors: VectorIndex,
        paths: IndexPaths | None = None,
        name: str = "",
        generation: Generation = _NOTHING,
    ) -> None:
        self._objects = objects
        self._vectors = vectors
        self.paths = paths
        self.name = name
        self.generation = generation
        self.size = generation.size

    def search(self, query: Query, vector: Vectors | None) -> list[Hit]:
        """Return the chunks nearest to a question; words are not searched.

        Raises:
            SearchError: There is no vector to search by, or the filter cannot be compared.
            StorageError: The vectors cannot be reached.
        """
        if self.paths is None:
            return []
        if not query.weights.embedding:
            text = "weights.embedding is above 0 in this store, which is not searched by words"
            raise SearchError("invalid_request", text, "weights")
        if vector is None:
            raise SearchError("unavailable", "the question has no vector, and words do not count")
        if query.filter is not None:
            query.filter.check(self.generation.types)
        if not vector.any():
            return []
        # Twice as many, as some may be of versions that do not count.
        most = min(MOST_FOUND, 2 * query.top_k)
        found = self._vectors.query(self.paths.store, vector, query.filter, most)
        hits = [hit for hit in self._hits(self.paths, found) if _counts(hit, query)]
        return hits[: query.top_k]

    def _hits(self, paths: IndexPaths, found: Sequence[Found]) -> list[Hit]:
        """Return the chunks that were found; newer versions are in the latest generation."""
        hits = [_hit(self.generation, one) for one in found]
        if None in hits:
            latest = self._latest(paths)
            hits = [_hit(latest, one) for one in found]
        return [hit for hit in hits if hit is not None]

    def _latest(self, paths: IndexPaths) -> Generation:
        try:
            current = read_current(self._objects, paths)
            if current is None or current[0] == self.name:
                return self.generation
            return read_generation(self._objects, paths, current[0])
        except StorageError:
            return self.generation  # which is better than no answer; the refresh tells of it


def load_view(
    objects: ObjectStore, vectors: VectorIndex, store: str, before: SearchedIndex | None
) -> VectorView:
    """Return the current generation of a store: the one before if nothing changed.

    Without one before, and with the current one damaged, it is the newest that can be read.

    Raises:
        StorageError: The bucket cannot be read, or what lies in it is damaged.
    """
    found = find_published(objects, store, "vectors")
    if found is None:
        return VectorView(objects, vectors)
    paths, name = found
    if isinstance(before, VectorView) and before.name == name:
        return before

    def load(name: str) -> VectorView:
        return VectorView(objects, vectors, paths, name, read_generation(objects, paths, name))

    if before is not None and before.name:
        return load(name)  # where that is damaged, the one before goes on serving
    return load_last_good(objects, paths, name, load)


def _hit(generation: Generation, found: Found) -> Hit | None:
    document, of, number = parse_key(found.key)
    info = generation.documents.get(document)
    if info is None or version(document, info).document != of:
        return None
    chunk = IndexedChunk(document, number, found.text, found.context, found.attributes)
    return Hit(chunk, min(1.0, max(0.0, found.similarity)), info)


def _counts(hit: Hit, query: Query) -> bool:
    """Return whether a chunk is good enough; the filter, once more, is the snapshot's own."""
    met = query.filter is None or query.filter.matches(hit.chunk.attributes)
    return met and hit.score > 0 and hit.score >= query.threshold
