"""Generations: the documents and segments of one state of an index, which never change."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Self

from features.embedding.embedder import EmbedderIdentity
from features.index.record import DocumentInfo

_ENTRY_BYTES = 1300
"""Of a document's entry, in Python's objects: 101,000 were measured at 125 MB."""


@dataclass(frozen=True)
class Piece:
    """Consecutive chunks of one document in a segment.

    Attributes:
        document: Id of the document.
        chunks: Number of its chunks here.
    """

    document: str
    chunks: int


@dataclass(frozen=True)
class SegmentInfo:
    """A segment: its name, which is a digest of its bytes, and its pieces in order."""

    name: str
    pieces: tuple[Piece, ...]

    @property
    def chunks(self) -> int:
        """The number of chunks."""
        return sum(piece.chunks for piece in self.pieces)


@dataclass(frozen=True)
class Generation:
    """One state of an index.

    Attributes:
        embedder: The embedder of the vectors.
        created: Time it was published, in seconds since 1970.
        segments: Its segments; none where the chunks are in S3 Vectors.
        documents: Entries of its documents by id; those that failed as well.
        types: Types of values that attributes had, where no segment tells them.
        outdated: Versions that left with this generation, as pieces to be deleted.
    """

    embedder: EmbedderIdentity
    created: float
    segments: tuple[SegmentInfo, ...] = ()
    documents: Mapping[str, DocumentInfo] = field(default_factory=dict)
    types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outdated: tuple[Piece, ...] = ()

    @property
    def chunks(self) -> int:
        """The number of chunks."""
        return sum(info.chunks for info in self.documents.values())

    @property
    def size(self) -> int:
        """The bytes that its documents' entries take in memory, about."""
        return _ENTRY_BYTES * len(self.documents)

    def packed(self) -> tuple[str, bytes]:
        """Return the generation's name, a digest, and its bytes."""
        body = zlib.compress(json.dumps(asdict(self), separators=(",", ":")).encode())
        return hashlib.sha256(body).hexdigest(), body

    @classmethod
    def unpacked(cls, packed: bytes) -> Self:
        """Return the generation of some bytes.

        Raises:
            ValueError: The bytes are not a generation's.
        """
        try:
            told = json.loads(zlib.decompress(packed))
        except zlib.error as error:
            raise ValueError(f"a generation is damaged: {error}") from error
        return cls(
            EmbedderIdentity(**told["embedder"]),
            told["created"],
            tuple(
                SegmentInfo(segment["name"], tuple(Piece(**piece) for piece in segment["pieces"]))
                for segment in told["segments"]
            ),
            {name: DocumentInfo(**info) for name, info in told["documents"].items()},
            {name: tuple(types) for name, types in told.get("types", {}).items()},
            tuple(Piece(**piece) for piece in told.get("outdated", ())),
        )
