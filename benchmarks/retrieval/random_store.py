"""A store of random chunks, published by the features' own code and not by way of documents."""

from __future__ import annotations

import time

import numpy as np

from features.embedding.embedder import EmbedderIdentity, normalized
from features.index.chunk_table import ChunkTable, IndexedChunk
from features.index.paths import DocumentName, IndexPaths
from features.index.record import DocumentInfo, Record
from features.ingestion.chunk_writer import SegmentWriter
from features.ingestion.publisher import Publisher
from features.storage.object_store import ObjectStore

_CHUNKS_A_DOCUMENT = 100
_WORDS_A_CHUNK = 40
_VOCABULARY = 20_000


def fill(
    objects: ObjectStore, store: str, chunks: int, embedder: EmbedderIdentity, first: int = 0
) -> None:
    """Publish so many chunks of random words and vectors, 100 a document.

    Args:
        objects: the bucket.
        store: name of the store.
        chunks: number of chunks.
        embedder: identity of the embedder that the store is for.
        first: number of the first document.
    """
    paths = IndexPaths(store, embedder)
    random = np.random.default_rng(first)
    ids = []
    for number in range(first, first + chunks // _CHUNKS_A_DOCUMENT):
        name = DocumentName(store, f"random/{number}.md")
        objects.put(paths.record(name.id), _record(name, random, embedder.dimension).packed())
        ids.append(name.id)
    publisher = Publisher(objects, objects, embedder, SegmentWriter(objects))
    while ids:
        ids = list(publisher.publish(store, ids).left)


def _record(name: DocumentName, random: np.random.Generator, dimension: int) -> Record:
    # Zipf's law, as words of a language have it.
    words = random.zipf(1.3, (_CHUNKS_A_DOCUMENT, _WORDS_A_CHUNK)) % _VOCABULARY
    texts = [" ".join(f"w{word}" for word in row) for row in words]
    vectors = normalized(random.standard_normal((len(texts), dimension)).astype(np.float32))
    table = ChunkTable(
        [IndexedChunk(name.id, number, text, "T", {}) for number, text in enumerate(texts)],
        vectors.astype(np.float16),
    )
    info = DocumentInfo(
        name.path, f"file-{name.id}", name.path, name.id, "ready", time.time(), len(table)
    )
    return Record(info, table)
