"""The whole way of a document in one process: put, index, publish, search."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from features.chunking.chunker import Chunker
from features.embedding.embedder import Embedder
from features.embedding.minilm import MiniLM, load_tokenizer
from features.index.paths import DocumentName
from features.index.reading import read_published
from features.index.record import DocumentInfo
from features.ingestion.chunk_writer import ChunkWriter, SegmentWriter
from features.ingestion.documents import DocumentIndexer
from features.ingestion.filler import Filler
from features.ingestion.publisher import Published, Publisher
from features.ingestion.sweeper import Sweeper
from features.search.catalogue import Catalogue
from features.search.searched_index import Load
from features.search.service import SearchService
from features.search.snapshot_store import load_snapshot
from features.settings import CALLERS_MB, StoreSettings
from features.vectors.view import load_view
from features.vectors.writer import VectorWriter
from tests.support.embedder import embedder_directory
from tests.support.features.memory_bucket import MemoryBucket
from tests.support.features.memory_vectors import MemoryVectors

STORE = "docs"


@cache
def minilm() -> MiniLM:
    return MiniLM.load(embedder_directory())


@cache
def chunker() -> Chunker:
    return Chunker(load_tokenizer(embedder_directory()))


@dataclass
class Pipeline:
    embedder: Embedder = field(default_factory=minilm)
    stores: tuple[StoreSettings, ...] = (StoreSettings(STORE),)
    bucket: MemoryBucket = field(default_factory=MemoryBucket)
    failures: list[Exception] = field(default_factory=list)
    vectors: MemoryVectors | None = None
    callers_bytes: int = CALLERS_MB << 20

    def __post_init__(self) -> None:
        self.indexer = DocumentIndexer(self.bucket, self.bucket, chunker(), self.embedder)
        writer: ChunkWriter = SegmentWriter(self.bucket)
        load: Load = partial(load_snapshot, self.bucket, most_bytes=self.callers_bytes)
        if self.vectors:
            writer = VectorWriter(self.vectors)
            load = partial(load_view, self.bucket, self.vectors)
        identity = self.embedder.identity
        self.publisher = Publisher(self.bucket, self.bucket, identity, writer)
        self.sweeper = Sweeper(self.bucket, self.bucket, identity, writer)
        self.filler = Filler(self.bucket, self.bucket, identity, writer.place)
        self.service = SearchService(
            load,
            partial(read_published, self.bucket, place=writer.place),
            lambda identity: self.embedder if identity == self.embedder.identity else None,
            chunker().tokenizer,
            self.stores,
            lambda _store, error: self.failures.append(error),
            refresh_seconds=0,
            most_bytes=self.callers_bytes,
        )
        self.catalogue = Catalogue(self.bucket, self.service.allowed, self.service.generation)

    def put(self, path: str, text: str | bytes, **metadata: str) -> DocumentInfo:
        body = text.encode() if isinstance(text, str) else text
        self.bucket.put(DocumentName(STORE, path).key, body, metadata)
        return self.event(path)

    def delete(self, path: str) -> DocumentInfo:
        self.bucket.delete(DocumentName(STORE, path).key)
        return self.event(path)

    def event(self, path: str) -> DocumentInfo:
        return self.indexer.bring_up_to_date(DocumentName(STORE, path))

    def publish(self, *paths: str) -> Published:
        return self.publisher.publish(STORE, [DocumentName(STORE, path).id for path in paths])

    def fill(self) -> list[str]:
        """Look at the documents that the index lacks, and publish them; return their paths."""
        paths = sorted(name.path for name in self.filler.lacking(STORE))
        for path in paths:
            self.event(path)
        self.publish(*paths)
        return paths

    def search(self, query: str, **told: Any) -> dict[str, Any]:
        self.service.warm()
        return self.service.search({"store": STORE, "query": query, **told})

    def found(self, query: str, **told: Any) -> list[str]:
        return [result["path"] for result in self.search(query, **told)["results"]]
