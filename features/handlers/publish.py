"""The publish function: records that changed become the next generation of their store.

An event `{"sweep": true}`, which a schedule sends, deletes what no reader needs any more: of stores
that are written no more, too.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cache
from math import inf
from typing import Any

from features.aws.embedders import connect_embedder
from features.aws.s3 import S3Bucket
from features.aws.s3_vectors import S3VectorIndex
from features.aws.sqs import SqsQueue
from features.embedding.embedder import EmbedderIdentity
from features.handlers.come_again import come_again
from features.handlers.time_left import Context, while_time
from features.index.paths import DocumentName
from features.index.record import DocumentInfo
from features.ingestion.chunk_writer import ChunkWriter, SegmentWriter
from features.ingestion.messages import Changed
from features.ingestion.publisher import Publisher
from features.ingestion.sweeper import Sweeper
from features.settings import Settings
from features.telemetry import log, put_metrics
from features.vectors.writer import VectorWriter


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Publish the records that an SQS event names; tell which messages have to come again."""
    if "sweep" in event:
        return _sweep(context)
    stores: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
    since: dict[str, float] = {}
    again: list[Mapping[str, Any]] = []
    for record in event["Records"]:
        try:
            changed = Changed.of(record["body"])
        except ValueError as error:
            log("ERROR", "no message to publish", reason=repr(error))
            again.append(record)
        else:
            stores.setdefault(changed.store, {}).setdefault(changed.document, []).append(record)
            if changed.since is not None:
                since[changed.document] = min(changed.since, since.get(changed.document, inf))
    for store, documents in stores.items():
        try:
            _publish(store, list(documents), since)
        except Exception as error:
            log("ERROR", "not published", store=store, reason=repr(error))
            again += [record for records in documents.values() for record in records]
    return come_again(_own_queue(), again) if again else {"batchItemFailures": []}


def _publish(store: str, documents: Sequence[str], since: Mapping[str, float]) -> None:
    settings, publisher = _connected()
    while documents:
        published = publisher.publish(store, documents)
        documents = published.left
        if published.generation is not None:
            _tell(settings, store, published.changed, since)
            log("INFO", "published", store=store, chunks=published.generation.chunks)


def _sweep(context: Context) -> dict[str, Any]:
    sweeper, (_, publisher) = _sweeper(), _connected()
    swept: dict[str, int] = {}
    stores = sweeper.stores()
    gone = sweeper.gone(stores)
    for store in while_time(context, stores):
        try:
            if publisher.repair(store):
                log("WARNING", "a damaged generation was replaced", store=store)
            swept[store] = sweeper.collect_garbage(store)
            swept[store] += sweeper.remove_replaced(store)
            if store in gone:
                swept[store] += sweeper.remove(store)
        except Exception as error:
            log("ERROR", "not swept", store=store, reason=repr(error))
    return {"swept": {store: count for store, count in swept.items() if count}}


def _tell(
    settings: Settings, store: str, changed: Sequence[DocumentInfo], since: Mapping[str, float]
) -> None:
    now = time.time()
    failed = [info for info in changed if info.state == "failed"]
    for info in failed:
        log("WARNING", "document set aside", store=store, path=info.path, error=info.error)
    values: dict[str, float] = {"DocumentsFailed": len(failed)}
    ready = (DocumentName(store, info.path).id for info in changed if info.state == "ready")
    # Of changes in S3 alone: an index that is filled has documents of long ago.
    ages = [now - since[document] for document in ready if document in since]
    if ages:
        values["FreshnessSeconds"] = max(ages)
    put_metrics(settings, values, store)


@cache
def _own_queue() -> SqsQueue:
    return SqsQueue.connect(Settings.from_environment("publish_queue_url").publish_queue_url)


@cache
def _connected() -> tuple[Settings, Publisher]:
    settings = Settings.from_environment("documents_bucket", "index_bucket")
    return settings, Publisher(*_stored(settings))


@cache
def _sweeper() -> Sweeper:
    return Sweeper(*_stored(Settings.from_environment("documents_bucket", "index_bucket")))


def _stored(settings: Settings) -> tuple[S3Bucket, S3Bucket, EmbedderIdentity, ChunkWriter]:
    documents = S3Bucket.connect(settings.documents_bucket)
    index = S3Bucket.connect(settings.index_bucket)
    chunks: ChunkWriter = SegmentWriter(index)
    if settings.vector_index:
        chunks = VectorWriter(S3VectorIndex.connect(settings.vector_index, writes=True))
    return documents, index, connect_embedder(settings).identity, chunks
