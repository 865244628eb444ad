"""The document function's work: the record of a document made equal to the document as it is now.

The event only says which document to look at. The record's version is read before the document and
written under the condition that it is still that one: whoever writes last has read last, so order,
duplicates and lost races of events do not matter.
docs/decisions/0112-ingestion-makes-state-equal.md
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from features.chunking.chunker import FEWEST_TOKENS, MOST_TOKENS, Chunker
from features.documents.attributes import checked_attributes
from features.documents.document import Document
from features.documents.language import reads_english
from features.documents.reading import MOST_BYTES, read_document
from features.embedding.embedder import Embedder, Vectors
from features.errors import DocumentError, StorageError
from features.index.chunk_table import ChunkTable, IndexedChunk
from features.index.paths import DocumentName, IndexPaths
from features.index.record import DocumentInfo, Record
from features.storage.object_store import ChangedError, ObjectStore, StoredObject

_ATTEMPTS = 8
_MOST_SIDECAR_BYTES = 64 << 10
_LONGEST_NAME = 255
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
MOST_SECONDS = 240
"""Time of one document, of the function's 300 s."""

_CHUNKS_AT_ONCE = 64


class DocumentIndexer:
    """Documents of a bucket, made into records of an index.

    Args:
        documents: the bucket of documents.
        index: the bucket of records.
        chunker: maker of chunks.
        embedder: maker of vectors.
        most_attribute_bytes: most bytes of a chunk's attributes as JSON, where they are limited.
        clock: seconds that only rise.
    """

    def __init__(
        self,
        documents: ObjectStore,
        index: ObjectStore,
        chunker: Chunker,
        embedder: Embedder,
        most_attribute_bytes: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._documents = documents
        self._index = index
        self._chunker = chunker
        self._embedder = embedder
        self._most_attribute_bytes = most_attribute_bytes
        self._clock = clock

    def bring_up_to_date(self, name: DocumentName) -> DocumentInfo:
        """Write a document's record if the document is another by now; return its entry.

        Raises:
            StorageError: A bucket cannot be used, or others never stop writing the record.
        """
        ends = self._clock() + MOST_SECONDS
        key = IndexPaths(name.store, self._embedder.identity).record(name.id)
        for _ in range(_ATTEMPTS):
            kept = self._index.get(key)
            before = _record(kept)
            after = self._record_now(name, before, ends)
            if after is before:
                return before.info
            try:
                if kept is None:
                    self._index.create(key, after.packed())
                else:
                    self._index.replace(key, after.packed(), kept.etag)
            except ChangedError:
                continue
            return after.info
        raise StorageError(f"the record of {name.key!r} changed {_ATTEMPTS} times meanwhile")

    def _record_now(self, name: DocumentName, before: Record | None, ends: float) -> Record:
        """Return the record that the document should have: the one before if nothing changed."""
        source = self._documents.get(name.key, MOST_BYTES)
        if source is None:
            info = _gone(name) if before is None else replace(before.info, **_NOTHING)
            return before if before and before.info == info else Record(info)
        sidecar = self._documents.get(name.sidecar, _MOST_SIDECAR_BYTES)
        info = self._describe(name, source, sidecar)
        if before and before.info.digest == info.digest:
            return before
        try:
            return self._read(name, info, source, sidecar, ends)
        except DocumentError as error:
            told = {"code": error.code, "message": error.reason}
            # The last version that was readable stays until this one is, or is deleted.
            table = before.table if before else Record(info).table
            return Record(replace(info, state="failed", error=told, chunks=len(table)), table)

    def _describe(
        self, name: DocumentName, source: StoredObject, sidecar: StoredObject | None
    ) -> DocumentInfo:
        parts = (
            # Too large to be read: the version's name stands for the content.
            source.etag.encode() if source.body is None else source.body,
            json.dumps(dict(source.metadata), sort_keys=True).encode(),
            (sidecar.body or sidecar.etag.encode()) if sidecar else b"",
            self._chunker.digest.encode(),
            self._embedder.identity.digest.encode(),
            *([b"%d" % self._most_attribute_bytes] if self._most_attribute_bytes else []),
        )
        digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts))
        told = _told_document(sidecar)
        return DocumentInfo(
            path=name.path,
            file_id=str(told.get("file_id") or f"file-{name.id}"),
            filename=_filename(told.get("filename") or name.path.rpartition("/")[2]),
            digest=digest.hexdigest(),
            state="ready",
            modified=source.modified.timestamp(),
            size=source.size,
        )

    def _read(
        self,
        name: DocumentName,
        info: DocumentInfo,
        source: StoredObject,
        sidecar: StoredObject | None,
        ends: float,
    ) -> Record:
        if source.body is None:
            raise DocumentError(
                "invalid_file", f"limit: {source.size} bytes, and {MOST_BYTES} are read"
            )
        beside = _sidecar(sidecar)
        document = read_document(source.body, info.filename)
        most_tokens = _chunk_size(_told_document(sidecar))
        attributes = checked_attributes(
            {**document.attributes, **source.metadata, **beside.get("metadataAttributes", {})}
        )
        chunks = self._chunks(name, document, attributes, most_tokens)
        vectors = self._vectors([chunk.passage for chunk in chunks], ends)
        table = ChunkTable(chunks, vectors.astype(np.float16))
        english = reads_english(section.text for section in document.sections)
        return Record(replace(info, chunks=len(table), english=english), table)

    def _chunks(
        self, name: DocumentName, document: Document, attributes: Mapping[str, Any], tokens: int
    ) -> list[IndexedChunk]:
        return [
            IndexedChunk(
                name.id,
                number,
                chunk.text,
                chunk.context,
                checked_attributes({**attributes, **chunk.attributes}, self._most_attribute_bytes),
            )
            for number, chunk in enumerate(self._chunker.chunks(document, tokens))
        ]

    def _vectors(self, passages: Sequence[str], ends: float) -> Vectors:
        """Return the vectors of passages, a part at a time: one call for all has no end in time."""
        parts = []
        for start in range(0, max(1, len(passages)), _CHUNKS_AT_ONCE):
            if self._clock() > ends:
                reason = f"limit: {start} of {len(passages)} chunks were read in {MOST_SECONDS} s"
                raise DocumentError("invalid_file", reason)
            parts.append(self._embedder.embed(passages[start : start + _CHUNKS_AT_ONCE]))
        return np.concatenate(parts)


_NOTHING: Mapping[str, Any] = {
    "digest": "",
    "state": "deleted",
    "chunks": 0,
    "size": 0,
    "error": None,
}


def _filename(told: object) -> str:
    """Return a name on one line: it is shown, and read by models, beside the text."""
    return " ".join(_CONTROLS.sub(" ", str(told)).split())[:_LONGEST_NAME]


def _gone(name: DocumentName) -> DocumentInfo:
    filename = _filename(name.path.rpartition("/")[2])
    return DocumentInfo(name.path, f"file-{name.id}", filename, "", "deleted", 0.0)


def _record(kept: StoredObject | None) -> Record | None:
    if kept is None:
        return None
    try:
        return Record.unpacked(kept.body or b"")
    except (ValueError, KeyError, TypeError):
        return None  # written again


def _sidecar(sidecar: StoredObject | None) -> dict[str, Any]:
    """Return what stands beside a document.

    Raises:
        DocumentError: No JSON, too large, or of another form.
    """
    if sidecar is None:
        return {}
    try:
        told = json.loads(sidecar.body or b"")
    except (ValueError, RecursionError):
        raise DocumentError("invalid_file", "the attributes beside it are no JSON") from None
    if not isinstance(told, dict) or not all(
        isinstance(told.get(name, {}), dict) for name in ("metadataAttributes", "document")
    ):
        raise DocumentError("invalid_file", 'the file beside it has no object "metadataAttributes"')
    return told


def _told_document(sidecar: StoredObject | None) -> dict[str, Any]:
    try:
        told: dict[str, Any] = _sidecar(sidecar).get("document", {})
    except DocumentError:
        return {}
    return told


def _chunk_size(told: Mapping[str, Any]) -> int:
    size = told.get("max_chunk_size_tokens", MOST_TOKENS)
    if not isinstance(size, int) or not FEWEST_TOKENS <= size <= MOST_TOKENS:
        raise DocumentError(
            "invalid_file",
            f"max_chunk_size_tokens is {size!r}, and {FEWEST_TOKENS} to {MOST_TOKENS} are allowed",
        )
    return size
