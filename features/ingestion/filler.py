"""Documents that an index lacks: those of an embedder, or a place, that is new to a store.

docs/decisions/0213-a-changed-embedder-fills-its-index-by-itself.md
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from features.embedding.embedder import EmbedderIdentity
from features.index.paths import DOCUMENTS, INDEX, SIDECAR, DocumentName, IndexPaths, Place
from features.index.reading import read_current, read_generation, read_serving
from features.storage.object_store import ObjectInfo, ObjectStore


class Filler:
    """Stores that an embedder's indexes have not caught up with.

    Args:
        documents: the bucket of documents.
        index: the bucket of indexes.
        embedder: identity of the embedder.
        place: where chunks lie.
    """

    def __init__(
        self, documents: ObjectStore, index: ObjectStore, embedder: EmbedderIdentity, place: Place
    ) -> None:
        self._documents = documents
        self._index = index
        self._embedder = embedder
        self._place = place

    def stores(self) -> list[str]:
        """Return the names of all stores with documents or with an index.

        Raises:
            StorageError: The bucket cannot be used.
        """
        return sorted({*self._documents.folders(DOCUMENTS), *self._index.folders(INDEX)})

    def lacking(self, store: str) -> list[DocumentName]:
        """Return the documents to be looked at, so that a store's index has all and no others.

        None where the index is the store's only one: S3's notifications keep it so. All where
        another one was in use since: its time's changes went there.

        Raises:
            StorageError: The bucket cannot be used.
        """
        paths = IndexPaths(store, self._embedder, self._place)
        listed = list(self._index.list(f"{INDEX}{store}/"))
        others = [info for info in listed if not paths.owns(info.key)]
        serving = read_serving(self._index, store, self._place)
        if serving == paths and not others:
            return []
        current = read_current(self._index, paths)
        generation = read_generation(self._index, paths, current[0]) if current else None
        entries = generation.documents if generation else {}
        names = {name.id: name for name in stored_documents(self._documents, store)}
        gone = [DocumentName(store, entries[id_].path) for id_ in entries if id_ not in names]
        is_old = _is_old(paths, listed, others, is_serving=serving == paths)
        return [name for id_, name in names.items() if is_old or id_ not in entries] + gone


def stored_documents(documents: ObjectStore, store: str) -> Iterator[DocumentName]:
    """Yield the documents of a store.

    Raises:
        StorageError: The bucket cannot be used.
    """
    for info in documents.list(f"{DOCUMENTS}{store}/"):
        name = None if info.key.endswith(SIDECAR) else DocumentName.of_key(info.key)
        if name is not None:
            yield name


def _is_old(
    paths: IndexPaths,
    listed: Sequence[ObjectInfo],
    others: Sequence[ObjectInfo],
    *,
    is_serving: bool,
) -> bool:
    """Return whether another index was written when this one should have been.

    That is since readers began to use it; before, since its first record. Until then deletions are
    taken out of the other one, which writes no records there.
    """
    begins = paths.serving if is_serving else paths.record("")
    since = min((info.modified for info in listed if info.key.startswith(begins)), default=None)
    counts = [info.modified for info in others if is_serving or "/records/" in info.key]
    return since is not None and any(modified > since for modified in counts)
