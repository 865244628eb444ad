"""Records: one object a document, which holds all that the index knows of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

import numpy as np

from features.index.chunk_table import ChunkTable


@dataclass(frozen=True)
class DocumentInfo:
    """A document's entry in an index.

    Attributes:
        path: Path below its store.
        file_id: OpenAI's id of the file.
        filename: Name that people know the file by.
        digest: Digest of the content, the chunking and the embedder; of nothing when deleted.
        state: "ready"; "failed", with the chunks of the last version that was readable; "deleted".
        modified: Time of the last write of the document, in seconds since 1970.
        chunks: Number of chunks.
        size: Bytes of the document.
        error: OpenAI's `last_error`, with `code` and `message`, of a document that failed.
        english: False for a text in another language, which MiniLM does not know.
    """

    path: str
    file_id: str
    filename: str
    digest: str
    state: Literal["ready", "failed", "deleted"]
    modified: float
    chunks: int = 0
    size: int = 0
    error: dict[str, str] | None = None
    english: bool = True

    def told(self) -> dict[str, Any]:
        """Return the entry as JSON has it."""
        return asdict(self)


@dataclass(frozen=True)
class Record:
    """A document with its chunks."""

    info: DocumentInfo
    table: ChunkTable = field(default_factory=lambda: ChunkTable([], np.empty((0, 0), np.float16)))

    def packed(self) -> bytes:
        """Return the record as bytes."""
        return self.table.packed({"info": self.info.told()})

    @classmethod
    def unpacked(cls, packed: bytes) -> Self:
        """Return the record of some bytes.

        Raises:
            ValueError: The bytes are not a record's.
        """
        table, header = ChunkTable.unpacked(packed)
        return cls(DocumentInfo(**header["info"]), table)
