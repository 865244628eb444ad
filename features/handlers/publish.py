"""The publish function: records that changed become the next generation of their store.

An event `{"sweep": true}`, which a schedule sends, deletes what no generation needs any more: of
stores that are written no more, too.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Protocol

from features.aws.embedders import connect_embedder
from features.aws.s3 import S3Bucket
from features.aws.s3_vectors import S3VectorIndex
from features.index.record import DocumentInfo
from features.ingestion.chunk_writer import ChunkWriter, SegmentWriter
from features.ingestion.messages import Changed
from features.ingestion.publisher import Publisher
from features.settings import Settings
from features.telemetry import log, put_metrics
from features.vectors.writer import VectorWriter

_RESERVED_MILLISECONDS = 30_000
"""Time that a sweep leaves of the function's: what it does to one store takes less."""


class _Context(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


def handler(event: Mapping[str, Any], context: _Context) -> dict[str, Any]:
    """Publish the records that an SQS event names; tell which messages have to come again."""
    if "sweep" in event:
        return _sweep(context)
    stores: dict[str, dict[str, list[str]]] = {}
    again: list[str] = []
    for record in event["Records"]:
        try:
            changed = Changed.of(record["body"])
        except ValueError as error:
            log("ERROR", "no message to publish", reason=repr(error))
            again.append(record["messageId"])
        else:
            messages = stores.setdefault(changed.store, {}).setdefault(changed.document, [])
            messages.append(record["messageId"])
    for store, documents in stores.items():
        try:
            _publish(store, list(documents))
        except Exception as error:
            log("ERROR", "not published", store=store, reason=repr(error))
            again += [message for messages in documents.values() for message in messages]
    return {"batchItemFailures": [{"itemIdentifier": message} for message in again]}


def _publish(store: str, documents: Sequence[str]) -> None:
    settings, publisher = _connected()
    published = publisher.publish(store, documents)
    if published.generation is None:
        return
    _tell(settings, store, published.changed)
    log("INFO", "published", store=store, chunks=published.generation.chunks)


def _sweep(context: _Context) -> dict[str, Any]:
    _, publisher = _connected()
    swept: dict[str, int] = {}
    stores = publisher.stores()
    gone = publisher.gone(stores)
    # In another order each hour: what one sweep does not get to, the next ones do.
    for count, store in enumerate(random.sample(stores, len(stores))):
        if context.get_remaining_time_in_millis() < _RESERVED_MILLISECONDS:
            log("WARNING", "not all stores were swept", swept=count, stores=len(stores))
            break
        try:
            swept[store] = publisher.collect_garbage(store)
            if store in gone:
                swept[store] += publisher.remove(store)
        except Exception as error:
            log("ERROR", "not swept", store=store, reason=repr(error))
    return {"swept": {store: count for store, count in swept.items() if count}}


def _tell(settings: Settings, store: str, changed: Sequence[DocumentInfo]) -> None:
    now = time.time()
    failed = [info for info in changed if info.state == "failed"]
    for info in failed:
        log("WARNING", "document set aside", store=store, path=info.path, error=info.error)
    values: dict[str, float] = {"DocumentsFailed": len(failed)}
    ages = [now - info.modified for info in changed if info.state == "ready"]
    if ages:
        values["FreshnessSeconds"] = max(ages)
    put_metrics(settings, values, store)


@cache
def _connected() -> tuple[Settings, Publisher]:
    settings = Settings.from_environment("documents_bucket", "index_bucket")
    documents = S3Bucket.connect(settings.documents_bucket)
    index = S3Bucket.connect(settings.index_bucket)
    chunks: ChunkWriter = SegmentWriter(index)
    if settings.vector_index:
        chunks = VectorWriter(S3VectorIndex.connect(settings.vector_index, writes=True))
    return settings, Publisher(documents, index, connect_embedder(settings).identity, chunks)
