"""The documents of stores as they are published: their states, their number, their text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from features.errors import SearchError, StorageError
from features.index.generation import Generation
from features.index.paths import DocumentName, IndexPaths
from features.index.reading import read_record
from features.index.record import DocumentInfo
from features.storage.object_store import ObjectStore

_MOST_FAILURES = 100
_MOST_CHARACTERS = 1_000_000
"""Characters of a document in an answer: of Lambda's 6 MB, each may take six bytes in JSON."""


class Catalogue:
    """The documents of stores, by the stores' current generations; no vector is read.

    Args:
        objects: bucket of the indexes.
        name_of: function that returns the store that an event names, or refuses it.
        generation_of: function that returns a store's generation; None before the first.
    """

    def __init__(
        self,
        objects: ObjectStore,
        name_of: Callable[[Mapping[str, Any]], str],
        generation_of: Callable[[str], Generation | None],
    ) -> None:
        self._objects = objects
        self._name_of = name_of
        self._generation_of = generation_of

    def status(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Return a store's documents and chunks in numbers, the time of both, and each failure.

        Args:
            told: `store`, and if wanted `caller`, and `files`: true, or paths, to be told of each.

        Raises:
            SearchError: The store is none of the caller's, or cannot be read.
        """
        generation = self._generation_of(self._name_of(told))
        documents = list(generation.documents.values()) if generation else []
        failed = [info for info in documents if info.state == "failed"]
        status = {
            "documents": len(documents),
            "chunks": generation.chunks if generation else 0,
            "failed": len(failed),
            "other_languages": sum(not info.english for info in documents),
            "failures": [
                {"path": info.path, "file_id": info.file_id, "last_error": info.error}
                for info in failed[:_MOST_FAILURES]
            ],
            "as_of": time_of(generation),
        }
        if wanted := told.get("files"):
            status["files"] = _files(documents, None if wanted is True else set(wanted))
        return status

    def counts(self, stores: Sequence[str]) -> dict[str, Any]:
        """Return how many documents of some stores are ready, and how many failed.

        A store that is not there has none.
        """
        return {"counts": {store: self._counts(store) for store in stores}}

    def content(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Return a document's text by chunks, as far as an answer has room.

        Args:
            told: `store`, `content` (the document's path), and if wanted `caller` and `start`, the
                number of the first chunk.

        Returns:
            `texts`, and `next`: the number of the chunk to go on with; None at the end.

        Raises:
            SearchError: The store is none of the caller's, or cannot be read.
        """
        store = self._name_of(told)
        generation = self._generation_of(store)
        texts: list[str] = []
        start = int(told.get("start", 0))
        if generation is None:
            return {"texts": texts, "next": None}
        paths = IndexPaths(store, generation.embedder)
        try:
            record = read_record(self._objects, paths, DocumentName(store, told["content"]).id)
        except StorageError as error:
            raise SearchError("unavailable", "the document cannot be read now") from error
        left = _MOST_CHARACTERS
        for chunk in record.table.chunks[start:] if record else ():
            left -= len(chunk.text)
            if left < 0:
                return {"texts": texts, "next": start + len(texts)}
            texts.append(chunk.text)
        return {"texts": texts, "next": None}

    def _counts(self, store: str) -> dict[str, int]:
        generation = self._generation_of(self._name_of({"store": store}))
        states = [info.state for info in generation.documents.values()] if generation else []
        return {"ready": states.count("ready"), "failed": states.count("failed")}


def time_of(generation: Generation | None) -> str | None:
    """Return when a generation was published, as ISO 8601 has it; None before the first."""
    created = generation.created if generation else 0
    return datetime.fromtimestamp(created, UTC).isoformat() if created else None


def _files(documents: Sequence[DocumentInfo], paths: Collection[str] | None) -> dict[str, Any]:
    return {
        info.path: {
            "state": info.state,
            "modified": info.modified,
            "last_error": info.error,
        }
        for info in documents
        if paths is None or info.path in paths
    }
