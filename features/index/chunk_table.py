"""A table of chunks: what is told of each, its vector, and the postings of its words.

Postings lie beside the chunks, so that a generation shares those of segments that did not change.
Only sums are global (how many chunks have a word, how long chunks are), and a query makes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from sys import getsizeof
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from features.chunking.passage import passage_of
from features.documents.attributes import Attributes
from features.embedding.embedder import Vectors
from features.index.words import words
from features.storage.arrays import Array, pack, unpack

_OBJECT_BYTES = 250
"""Of a chunk, a set of attributes or a word beside its texts, in Python's objects. A text takes one
to four bytes a character, by the rarest that it has."""


@dataclass(frozen=True)
class IndexedChunk:
    """A chunk as a search returns it.

    Attributes:
        document: Id of its document in the index.
        number: Place among the document's chunks, from 0.
        text: The piece of the document.
        context: Title and headings in front of it.
        attributes: Attributes of the document and of the chunk.
    """

    document: str
    number: int
    text: str
    context: str
    attributes: Attributes

    @property
    def passage(self) -> str:
        """The text below its context."""
        return passage_of(self.context, self.text)


@dataclass(frozen=True)
class ChunkTable:
    """Chunks with their vectors.

    Attributes:
        chunks: The chunks.
        vectors: A row for each chunk, of length 1 or 0, as float16.
    """

    chunks: Sequence[IndexedChunk]
    vectors: npt.NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.chunks)

    @cached_property
    def matrix(self) -> Vectors:
        """The vectors as numbers to compute with."""
        return self.vectors.astype(np.float32)

    @cached_property
    def size(self) -> int:
        """The bytes that the table takes in memory once it is searched, about."""
        arrays = [self.vectors, *self.postings.arrays.values()]
        matrix = 4 * self.vectors.size
        distinct, _ = self.attribute_sets
        texts = sum(getsizeof(chunk.text) + getsizeof(chunk.context) for chunk in self.chunks)
        attributes = sum(
            getsizeof(name) + getsizeof(value) for told in distinct for name, value in told.items()
        )
        terms = sum(map(getsizeof, self.postings.terms))
        objects = len(self.chunks) + len(distinct) + len(self.postings.terms)
        counted = texts + attributes + terms + objects * _OBJECT_BYTES
        return matrix + sum(array.nbytes for array in arrays) + counted

    @cached_property
    def postings(self) -> Postings:
        """The words of the chunks."""
        return Postings.of([words(chunk.passage) for chunk in self.chunks])

    @cached_property
    def attribute_sets(self) -> tuple[Sequence[Attributes], npt.NDArray[np.intp]]:
        """The different attributes that chunks have, and for each chunk which of them."""
        numbers: dict[tuple[tuple[str, str, object], ...], int] = {}
        distinct: list[Attributes] = []
        which = np.empty(len(self.chunks), np.intp)
        for row, chunk in enumerate(self.chunks):
            key = _key(chunk.attributes)
            if key not in numbers:
                numbers[key] = len(distinct)
                distinct.append(chunk.attributes)
            which[row] = numbers[key]
        return distinct, which

    def rows(self, start: int, stop: int) -> ChunkTable:
        """Return some of the chunks."""
        return ChunkTable(self.chunks[start:stop], self.vectors[start:stop])

    @classmethod
    def joined(cls, tables: Sequence[ChunkTable]) -> ChunkTable:
        """Return the chunks of some tables, in order; of at least one."""
        chunks = [chunk for table in tables for chunk in table.chunks]
        return cls(chunks, np.concatenate([table.vectors for table in tables]))

    def packed(self, header: Mapping[str, Any] | None = None) -> bytes:
        """Return the table as bytes, with its postings and a header for the reader."""
        rows = [
            [chunk.document, chunk.number, chunk.text, chunk.context, dict(chunk.attributes)]
            for chunk in self.chunks
        ]
        told = {"chunks": rows, "terms": self.postings.terms, **(header or {})}
        return pack(told, {"vectors": self.vectors, **self.postings.arrays})

    @classmethod
    def unpacked(cls, packed: bytes, most_bytes: int | None = None) -> tuple[Self, dict[str, Any]]:
        """Return a table and the header it was packed with.

        Args:
            packed: the bytes.
            most_bytes: most bytes of the texts as JSON; None for any number.

        Raises:
            ValueError: The bytes are not a table's.
            OversizedError: There is more text.
        """
        header, arrays = unpack(packed, most_bytes)
        # Attributes of a document are those of each of its chunks: held once.
        shared: dict[tuple[tuple[str, str, object], ...], Attributes] = {}
        chunks = [
            IndexedChunk(document, number, text, context, shared.setdefault(_key(told), told))
            for document, number, text, context, told in header.pop("chunks")
        ]
        table = cls(chunks, arrays.pop("vectors"))
        # A cached property's value is the instance's own attribute: no need to count words again.
        table.__dict__["postings"] = Postings(header.pop("terms"), arrays)
        return table, header


def _key(attributes: Attributes) -> tuple[tuple[str, str, object], ...]:
    """Return what equal attributes share: 1, 1.0 and True are not the same to a filter."""
    return tuple((name, type(value).__name__, value) for name, value in sorted(attributes.items()))


class Postings:
    """The words of some chunks: for each word the chunks that have it, and how often."""

    def __init__(self, terms: Sequence[str], arrays: Mapping[str, Array]) -> None:
        self.terms = terms
        self.arrays = arrays
        self.lengths = arrays["lengths"]
        self._starts = arrays["starts"]

    @cached_property
    def _rows(self) -> Mapping[str, int]:
        return {term: row for row, term in enumerate(self.terms)}

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]]) -> Self:
        """Count the words of texts."""
        found: dict[str, list[tuple[int, int]]] = {}
        for number, text in enumerate(texts):
            for term, count in Counter(text).items():
                found.setdefault(term, []).append((number, min(count, 0xFFFF)))
        pairs = np.array([pair for term in found for pair in found[term]], np.uint32)
        pairs = pairs.reshape(-1, 2)
        sizes = np.cumsum([0, *(len(found[term]) for term in found)], dtype=np.uint32)
        arrays: dict[str, Array] = {
            "lengths": np.array([len(text) for text in texts], np.uint32),
            "starts": sizes,
            "where": pairs[:, 0],
            "counts": pairs[:, 1].astype(np.uint16),
        }
        return cls(list(found), arrays)

    def find(self, term: str) -> tuple[Array, Array]:
        """Return the chunks that have a word, by number, and how often each has it."""
        row = self._rows.get(term)
        start, stop = (0, 0) if row is None else (self._starts[row], self._starts[row + 1])
        return self.arrays["where"][start:stop], self.arrays["counts"][start:stop]
