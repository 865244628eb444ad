"""The service with vector stores, over a bucket in memory that the real ingestion reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from features.embedding.embedder import NoEmbedder
from features.handlers.search import answer
from features.index.paths import DOCUMENTS, DocumentName
from features.index.reading import read_published
from features.ingestion.chunk_writer import SegmentWriter
from features.ingestion.documents import DocumentIndexer
from features.ingestion.publisher import Publisher
from features.search.catalogue import Catalogue
from features.search.service import SearchService
from features.search.snapshot_store import load_snapshot
from features.settings import StoreSettings
from features.storage.object_store import ChangedError, ObjectInfo, StoredObject
from lambda_api.settings import Settings
from lambda_api.storage.object_store import ChangedError as WriteLostError
from tests.support.features.pipeline import chunker
from tests.support.service.memory_store import MemoryStore

HOURS = b"# Opening hours\n\nThe library closes at nine in the evening.\n"
SETTINGS: dict[str, Any] = {
    "retrieval_search_function": "search",
    "retrieval_bucket": "features",
    "retrieval_stores": ["docs", "inside"],
}


@dataclass
class FeaturesBucket:
    """The service's bucket as the features' functions see it."""

    store: MemoryStore

    def get(self, key: str, most: int | None = None) -> StoredObject | None:
        found = self.store.get(key)
        if found is None:
            return None
        size = len(found.body)
        body = found.body if most is None or size <= most else None
        return StoredObject(body, found.etag, found.modified, size)

    def put(self, key: str, body: bytes) -> None:
        self.store.put(key, body)

    def create(self, key: str, body: bytes) -> None:
        self._conditional(partial(self.store.create, key, body))

    def replace(self, key: str, body: bytes, etag: str) -> None:
        self._conditional(partial(self.store.replace, key, body, etag))

    def delete(self, key: str) -> None:
        self.store.delete(key)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        for info in self.store.list(prefix):
            yield ObjectInfo(info.key, info.size, info.modified)

    def folders(self, prefix: str) -> Iterator[str]:
        below = (info.key.removeprefix(prefix) for info in self.store.list(prefix))
        yield from dict.fromkeys(key.partition("/")[0] for key in below if "/" in key)

    def _conditional(self, write: Any) -> None:
        try:
            write()
        except WriteLostError:
            raise ChangedError from None


@dataclass
class Ingestion:
    """Ingestion and the search function: what was written is read by the time anybody asks.

    Attributes:
        waits: True while nothing is read.
        events: What the function was asked.
        failure: Raised in place of an answer.
        known: The versions of documents that were read.
    """

    store: MemoryStore
    waits: bool = False
    events: list[Mapping[str, Any]] = field(default_factory=list)
    failure: Exception | None = None
    known: dict[DocumentName, list[str]] = field(default_factory=dict)
    changed: bool = True

    def __post_init__(self) -> None:
        bucket = FeaturesBucket(self.store)
        embedder = NoEmbedder()
        self.indexer = DocumentIndexer(bucket, bucket, chunker(), embedder)
        self.publisher = Publisher(bucket, bucket, embedder.identity, SegmentWriter(bucket))
        self.service = SearchService(
            partial(load_snapshot, bucket),
            partial(read_published, bucket, place="snapshot"),
            lambda _identity: None,
            chunker().tokenizer,
            (StoreSettings("docs"), StoreSettings("inside", frozenset({"nobody"}))),
            lambda _store, _error: None,
            refresh_seconds=0,
        )
        self.catalogue = Catalogue(bucket, self.service.allowed, self.service.generation)

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        self.events.append(event)
        if self.failure:
            raise self.failure
        if not self.waits:
            self.catch_up()
        return answer(event, self.service, self.catalogue)

    def catch_up(self) -> None:
        listed = (DocumentName.of_key(info.key) for info in self.store.list(DOCUMENTS))
        for name in {*filter(None, listed), *self.known}:
            objects = (self.store.get(name.key), self.store.get(name.sidecar))
            version = [found.etag if found else "" for found in objects]
            if self.known.get(name) != version:
                self.indexer.bring_up_to_date(name)
                self.publisher.publish(name.store, [name.id])
                self.known[name] = version
                self.changed = True
        if self.changed:
            self.service.warm()
            self.changed = False


def settings(**changes: Any) -> Settings:
    return Settings(
        **{
            "stage": "local",
            "endpoint_name": "twin-local",
            "model_id": "twin",
            "engine": "vllm",
            "caller_identity": "key",
            "context_length": 4096,
            **SETTINGS,
            **changes,
        }
    )


def add(client: Any, store: str, content: bytes = HOURS, name: str = "hours.md", **how: Any) -> Any:
    """Upload a file with OpenAI's client, and wait until it is in a store."""
    return client.vector_stores.files.upload_and_poll(
        vector_store_id=store, file=(name, content), poll_interval_ms=1, **how
    )


def upload(client: Any, word: str) -> str:
    """Upload a file of one word; return its id."""
    return str(client.files.create(file=(f"{word}.txt", word.encode()), purpose="assistants").id)


def message(caught: Any) -> str:
    """Return what a caught error of OpenAI's client says."""
    return str(caught.value.body["message"])
