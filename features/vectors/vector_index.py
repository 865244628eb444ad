"""The port to an index of vectors: the three operations of a vector database behind a store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from features.documents.attributes import Attributes
from features.embedding.embedder import Vectors
from features.search.filters import Filter

MOST_FOUND = 100
"""Vectors that a query returns at most: the least that a vector database has to offer."""


@dataclass(frozen=True)
class ChunkVector:
    """A chunk as a vector, with its text and attributes.

    Attributes:
        key: Name in the index, `<version>#<number>`.
        store: Name of the store.
        vector: Numbers of length 1.
        text: The piece of the document.
        context: Title and headings in front of it.
        attributes: Attributes to filter by.
    """

    key: str
    store: str
    vector: Vectors
    text: str
    context: str
    attributes: Attributes


@dataclass(frozen=True)
class Found:
    """A vector that is near a question's.

    Attributes:
        similarity: Cosine of the angle between the two, -1 to 1.
    """

    key: str
    similarity: float
    text: str
    context: str
    attributes: Attributes


class VectorIndex(Protocol):
    """An index of vectors. Methods block, and raise a StorageError if it cannot be used."""

    def put(self, vectors: Iterable[ChunkVector]) -> None:
        """Write vectors, replacing those of the same keys."""

    def delete(self, keys: Iterable[str]) -> None:
        """Delete vectors, if they are there."""

    def query(
        self, store: str, vector: Vectors, condition: Filter | None, most: int
    ) -> Sequence[Found]:
        """Return the nearest vectors of a store among those that meet a condition.

        Args:
            store: name of the store.
            vector: the question's vector.
            condition: filter that applies before the search.
            most: most vectors to return, up to `MOST_FOUND`.

        Raises:
            SearchError: The index cannot compare as the filter asks.
        """
