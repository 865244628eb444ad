"""Versions of documents, by which the keys of their chunks are told apart.

A version's keys are never written with other content, so that writing and deleting need no order
between two publishers, and a reader tells what its generation has from what is old or to come.
docs/decisions/0197-a-version-of-a-document-has-keys-of-its-own.md
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from features.index.generation import Piece
from features.index.record import DocumentInfo

_DIGITS = 16


def version(document: str, info: DocumentInfo) -> Piece:
    """Return the version that a document's entry stands for, with its number of chunks.

    The time of the last write is part of it: a document that is again what it was before is
    another version, and nobody who still deletes the first one can hit it.
    """
    told = f"{info.digest}/{info.modified}"
    digest = hashlib.sha256(told.encode()).hexdigest()[:_DIGITS]
    return Piece(f"{document}-{digest}", info.chunks)


def versions(documents: Mapping[str, DocumentInfo]) -> Iterator[Piece]:
    """Yield the version of each document that has chunks."""
    for document, info in documents.items():
        if info.chunks:
            yield version(document, info)


def gone(pieces: Iterable[Piece], documents: Mapping[str, DocumentInfo]) -> tuple[Piece, ...]:
    """Return the versions of some that no entry of documents stands for, each once."""

    def counts(name: str) -> bool:
        info = documents.get(_document(name))
        return info is not None and version(_document(name), info).document == name

    return tuple(piece for piece in dict.fromkeys(pieces) if not counts(piece.document))


def chunk_key(piece: str, number: int) -> str:
    """Return the key of a version's chunk."""
    return f"{piece}#{number}"


def chunk_keys(pieces: Iterable[Piece]) -> Iterator[str]:
    """Yield the keys of all chunks of some versions."""
    for piece in pieces:
        for number in range(piece.chunks):
            yield chunk_key(piece.document, number)


def parse_key(key: str) -> tuple[str, str, int]:
    """Return the document's id, the version and the chunk's number that a key names.

    Raises:
        ValueError: The key is no chunk's.
    """
    name, _, number = key.partition("#")
    return _document(name), name, int(number)


def _document(name: str) -> str:
    return name.partition("-")[0]
