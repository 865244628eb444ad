"""Tables of chunks for tests of the index and of searches."""

from __future__ import annotations

import numpy as np

from features.index.chunk_table import ChunkTable, IndexedChunk
from features.index.record import DocumentInfo


def table(document: str, *texts: str, width: int = 2, **attributes: str | float | bool):
    chunks = [
        IndexedChunk(document, number, text, "T", attributes) for number, text in enumerate(texts)
    ]
    return ChunkTable(chunks, np.ones((len(texts), width), np.float16))


def entry(path: str, chunks: int = 0, **told) -> DocumentInfo:
    return DocumentInfo(path, "file-1", path, "digest", "ready", 1.0, chunks, **told)
