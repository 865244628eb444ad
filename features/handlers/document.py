"""The document function: notifications of S3 become records, and messages to publish them.

An event without `Records` but with `{"reindex": store}` sends every document of the store through
the queue again, as a changed embedder needs it.
docs/decisions/0112-ingestion-makes-state-equal.md
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from features.aws.embedders import connect_embedder
from features.aws.s3 import S3Bucket
from features.aws.s3_vectors import MOST_ATTRIBUTE_BYTES
from features.aws.sqs import SqsQueue
from features.chunking.chunker import Chunker
from features.embedding.minilm import load_tokenizer
from features.index.paths import DOCUMENTS, DocumentName
from features.ingestion.documents import DocumentIndexer
from features.ingestion.messages import (
    Changed,
    documents_of,
    failed_messages,
    named_documents,
    notification,
)
from features.settings import Settings
from features.telemetry import log


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Bring the documents of an SQS event up to date; tell which messages have to come again."""
    if "reindex" in event:
        return _reindex(str(event["reindex"]))
    done: set[DocumentName] = set()
    return failed_messages(event["Records"], partial(_take, done), _failed)


def _take(done: set[DocumentName], record: Mapping[str, Any]) -> None:
    indexer, queue = _connected()
    for name in named_documents(record["body"]):
        if name not in done:
            info = indexer.bring_up_to_date(name)
            queue.send(Changed(name.store, name.id).told())
            done.add(name)
            log("INFO", "document read", document=name.key, state=info.state, chunks=info.chunks)


def _failed(record: Mapping[str, Any], error: Exception) -> None:
    log("ERROR", "document not read", message_id=record["messageId"], reason=repr(error))


def _reindex(store: str) -> dict[str, Any]:
    settings = Settings.from_environment("documents_bucket", "document_queue_url")
    queue = SqsQueue.connect(settings.document_queue_url)
    listed = S3Bucket.connect(settings.documents_bucket).list(f"{DOCUMENTS}{store}/")
    names = list(documents_of(info.key for info in listed))
    for name in names:
        queue.send(notification(name))
    return {"sent": len(names)}


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
