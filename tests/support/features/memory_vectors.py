"""An index of vectors in memory, searched exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from features.embedding.embedder import Vectors
from features.search.filters import Filter
from features.vectors.vector_index import ChunkVector, Found


@dataclass
class MemoryVectors:
    vectors: dict[str, ChunkVector] = field(default_factory=dict)
    before: Callable[[str], None] = lambda _operation: None
    """Called before each request with "put", "delete" or "query"."""

    def put(self, vectors: Iterable[ChunkVector]) -> None:
        given = {one.key: one for one in vectors}
        if given:
            self.before("put")
            self.vectors |= given

    def delete(self, keys: Iterable[str]) -> None:
        if gone := list(keys):
            self.before("delete")
            for key in gone:
                self.vectors.pop(key, None)

    def query(
        self, store: str, vector: Vectors, condition: Filter | None, most: int
    ) -> Sequence[Found]:
        self.before("query")
        found = [
            Found(one.key, float(one.vector @ vector), one.text, one.context, one.attributes)
            for one in self.vectors.values()
            if one.store == store and (condition is None or condition.matches(one.attributes))
        ]
        return sorted(found, key=lambda one: -one.similarity)[:most]
