"""The reading half of a store of chunks: the port that searches go through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from features.embedding.embedder import Vectors
from features.index.chunk_table import IndexedChunk
from features.index.generation import Generation
from features.index.record import DocumentInfo
from features.search.query import Query


@dataclass(frozen=True)
class Hit:
    """A chunk that was found.

    Attributes:
        chunk: The chunk.
        score: Score of 0 to 1.
        info: Entry of the chunk's document.
    """

    chunk: IndexedChunk
    score: float
    info: DocumentInfo


class SearchedIndex(Protocol):
    """One generation of a store, ready to be searched."""

    @property
    def name(self) -> str:
        """The generation's name, a digest; empty before the first."""

    @property
    def generation(self) -> Generation:
        """The generation."""

    @property
    def size(self) -> int:
        """Bytes that its chunks take in memory, about."""

    def search(self, query: Query, vector: Vectors | None) -> list[Hit]:
        """Return the chunks that answer a query best.

        Args:
            query: what is asked.
            vector: the question's vector of length 1; None to go by words alone.

        Raises:
            SearchError: The query cannot be answered as it is asked.
            StorageError: The chunks are elsewhere, and cannot be reached.
        """


class Load(Protocol):
    """The loader of a store's index."""

    def __call__(self, store: str, before: SearchedIndex | None) -> SearchedIndex:
        """Return the current index: the one before if nothing changed.

        Raises:
            StorageError: The bucket cannot be read, or what lies in it is damaged.
        """
