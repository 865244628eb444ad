"""The document function: notifications of S3 become records, and messages to publish them.

An event without `Records` but with `{"fill": true}`, which a schedule sends, sends those documents
of all stores through the queue again that the index of a changed embedder lacks;
`{"reindex": store}` sends all of one store.
docs/decisions/0112-ingestion-makes-state-equal.md
docs/decisions/0213-a-changed-embedder-fills-its-index-by-itself.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from features.aws.embedders import connect_embedder
from features.aws.s3 import S3Bucket
from features.aws.s3_vectors import MOST_ATTRIBUTE_BYTES
from features.aws.sqs import SqsQueue
from features.chunking.chunker import Chunker
from features.embedding.minilm import load_tokenizer
from features.handlers.come_again import come_again
from features.handlers.time_left import Context, while_time
from features.index.paths import DocumentName
from features.ingestion.documents import DocumentIndexer
from features.ingestion.filler import Filler, stored_documents
from features.ingestion.messages import (
    Changed,
    failed_messages,
    named_documents,
    notification,
)
from features.settings import Settings
from features.telemetry import log

_THREADS = 8


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Bring the documents of an SQS event up to date; tell which messages have to come again."""
    if "reindex" in event:
        return _reindex(str(event["reindex"]))
    if "fill" in event:
        return _fill(context)
    failed = failed_messages(event["Records"], _take, _failed)
    return come_again(_own_queue(), failed) if failed else {"batchItemFailures": []}


def _take(record: Mapping[str, Any]) -> None:
    indexer, queue = _connected()
    for name, since in named_documents(record["body"]).items():
        info = indexer.bring_up_to_date(name)
        queue.send(Changed(name.store, name.id, since).told())
        log("INFO", "document read", document=name.key, state=info.state, chunks=info.chunks)


def _failed(record: Mapping[str, Any], error: Exception) -> None:
    log("ERROR", "document not read", message_id=record["messageId"], reason=repr(error))


def _reindex(store: str) -> dict[str, Any]:
    settings = Settings.from_environment("documents_bucket")
    documents = S3Bucket.connect(settings.documents_bucket)
    names = list(stored_documents(documents, store))
    _send(_own_queue(), names)
    return {"sent": len(names)}


def _fill(context: Context) -> dict[str, Any]:
    settings = Settings.from_environment("documents_bucket", "index_bucket")
    filler = Filler(
        S3Bucket.connect(settings.documents_bucket),
        S3Bucket.connect(settings.index_bucket),
        connect_embedder(settings).identity,
        "vectors" if settings.vector_index else "snapshot",
    )
    sent: dict[str, int] = {}
    for store in while_time(context, filler.stores()):
        try:
            names = filler.lacking(store)
            _send(_own_queue(), names)
        except Exception as error:
            log("ERROR", "not filled", store=store, reason=repr(error))
        else:
            sent[store] = len(names)
    return {"sent": {store: count for store, count in sent.items() if count}}


def _send(queue: SqsQueue, names: Sequence[DocumentName]) -> None:
    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(queue.send, map(notification, names)))


@cache
def _own_queue() -> SqsQueue:
    return SqsQueue.connect(Settings.from_environment("document_queue_url").document_queue_url)


@cache
def _connected() -> tuple[DocumentIndexer, SqsQueue]:
    settings = Settings.from_environment("documents_bucket", "index_bucket", "publish_queue_url")
    indexer = DocumentIndexer(
        S3Bucket.connect(settings.documents_bucket),
        S3Bucket.connect(settings.index_bucket),
        Chunker(load_tokenizer(settings.embedder_directory)),
        connect_embedder(settings),
        MOST_ATTRIBUTE_BYTES if settings.vector_index else None,
    )
    return indexer, SqsQueue.connect(settings.publish_queue_url)
