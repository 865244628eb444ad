"""A snapshot: one generation of an index in memory, searched exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from time import perf_counter

import numpy as np
import numpy.typing as npt

from features.embedding.embedder import Vectors
from features.errors import SearchError
from features.index.chunk_table import ChunkTable
from features.index.generation import Generation
from features.index.words import words
from features.search.bm25 import Bm25
from features.search.filters import Filter, Types, types_of
from features.search.fusion import Scores, blend
from features.search.query import Query
from features.search.searched_index import Hit

Numbers = npt.NDArray[np.intp]

_MOST_FILTER_SECONDS = 5.0
"""Longest time that a filter takes: whoever asked was answered without long before."""


class Snapshot:
    """The chunks of a generation.

    Attributes:
        name: Name of the generation, a digest.
        generation: The generation.
        tables: Chunks of its segments by the segments' names, shared with other snapshots.
        size: Bytes of chunks and documents in memory, about.
    """

    def __init__(self, name: str, generation: Generation, tables: Mapping[str, ChunkTable]) -> None:
        self.name = name
        self.generation = generation
        self.tables = tables
        self._tables: Sequence[ChunkTable] = list(tables.values())
        self._bm25 = Bm25([table.postings for table in self._tables])
        self._starts = np.cumsum([0, *map(len, self._tables)])
        self.size = generation.size + sum(table.size for table in self._tables)

    def prepare(self) -> None:
        """Compute what the first search would wait for."""
        for table in self._tables:
            _ = table.matrix, table.attribute_sets
        _ = self._types

    def search(self, query: Query, vector: Vectors | None) -> list[Hit]:
        """Return the chunks that answer a query best.

        Args:
            query: what is asked.
            vector: the question's vector of length 1; None to go by words alone.

        Raises:
            SearchError: The filter compares an attribute with another type than it has, or is not
                through in time.
        """
        if not self._tables:
            return []
        scores = np.where(self._mask(query.filter), self._scores(query, vector), 0)
        best = _best(scores, query.top_k).tolist()
        hits = [self._hit(number, float(scores[number])) for number in best]
        return [hit for hit in hits if hit.score >= query.threshold]

    def _scores(self, query: Query, vector: Vectors | None) -> Scores:
        parts: list[tuple[Scores, float, float]] = []
        if query.weights.text and (terms := words(query.text)):
            found = np.concatenate(self._bm25.scores(terms))
            parts.append((found, self._bm25.most(terms), query.weights.text))
        if vector is not None and vector.size and query.weights.embedding:
            cosines = np.concatenate([table.matrix @ vector for table in self._tables])
            parts.append((cosines, 1.0, query.weights.embedding))
        return blend(parts) if parts else np.zeros(int(self._starts[-1]), np.float32)

    def _hit(self, number: int, score: float) -> Hit:
        table = int(np.searchsorted(self._starts, number, "right")) - 1
        chunk = self._tables[table].chunks[number - int(self._starts[table])]
        return Hit(chunk, score, self.generation.documents[chunk.document])

    def _mask(self, condition: Filter | None) -> npt.NDArray[np.bool_]:
        if condition is None:
            return np.ones(int(self._starts[-1]), np.bool_)
        condition.check(self._types)
        parts = []
        ends = perf_counter() + _MOST_FILTER_SECONDS
        for table in self._tables:
            if perf_counter() > ends:
                raise SearchError(
                    "invalid_request",
                    f"not through in {_MOST_FILTER_SECONDS:g} s: this store has too many different "
                    "attributes for so many comparisons",
                    "filters",
                )
            distinct, which = table.attribute_sets
            met = np.array([condition.matches(attributes) for attributes in distinct], np.bool_)
            parts.append(met[which])
        return np.concatenate(parts)

    @cached_property
    def _types(self) -> Types:
        return types_of(table.attribute_sets[0] for table in self._tables)


def _best(scores: Scores, most: int) -> Numbers:
    """Return the numbers of the highest scores above 0, the best first; ties by number."""
    # All that are as good as the last one stay, so that ties do not fall by chance.
    least = np.partition(scores, -most)[-most] if len(scores) > most else 0
    candidates = np.flatnonzero((scores >= least) & (scores > 0))
    order = np.argsort(-scores[candidates], kind="stable")
    best: Numbers = candidates[order][:most]
    return best
