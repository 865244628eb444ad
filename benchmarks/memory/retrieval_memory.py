"""Measure the memory that retrieval's functions need for the largest inputs, which is their limit.

Each runs as it is packaged, in a process of its own, over the local cloud's S3 and SQS. A PDF and a
page are read by a process beside the function, whose memory is told apart.

    .venv/bin/python benchmarks/memory/retrieval_memory.py [--chunks 100000]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks" / "retrieval")]

from packaged_functions import PackagedFunctions, in_local_cloud, print_memory  # noqa: E402
from random_store import fill  # noqa: E402

from features.aws.s3 import S3Bucket  # noqa: E402
from features.documents.document import MOST_CHARACTERS  # noqa: E402
from features.documents.pdf import MOST_PAGES  # noqa: E402
from features.documents.reading import MOST_HTML_BYTES  # noqa: E402
from features.embedding.minilm import MiniLM  # noqa: E402
from features.index.paths import DocumentName  # noqa: E402
from features.ingestion.messages import Changed, notification  # noqa: E402
from stacks.config.retrieval import RetrievalConfig  # noqa: E402
from stacks.constructs.function.memory import DOCUMENT_MB  # noqa: E402
from stacks.constructs.function.package import build_features_bundle  # noqa: E402
from stacks.constructs.retrieval.search_function import callers_mb  # noqa: E402
from tests.support.embedder import embedder_directory  # noqa: E402
from tests.support.features.pdf_files import pdf  # noqa: E402

BUCKET, STORE = "documents", "docs"
VARIABLES = {"TWIN_FEATURES_DOCUMENTS_BUCKET": BUCKET, "TWIN_FEATURES_INDEX_BUCKET": BUCKET}
HANDLERS = "features.handlers"
SENTENCE = "Grüße 👋 an alle, die um 7 Uhr noch da sind. "
"""Python keeps four bytes a character of a text with such a one, which is the most."""
LEAST_MB, BYTES_A_CHUNK = 512, 4100
"""The smallest search function, and its count of bytes for a chunk of 40 words."""
PLAIN = "The alarm of an endpoint undoes a deployment that fails its callers, and says so. "


def documents() -> Iterator[tuple[str, str, bytes]]:
    """Name, file name and content of the largest documents that are read."""
    text = SENTENCE * (MOST_CHARACTERS // len(SENTENCE) - 1)
    yield f"Markdown of {MOST_CHARACTERS / 1e6:g} M characters", "long.md", text.encode()
    page = PLAIN * ((MOST_CHARACTERS // MOST_PAGES) // len(PLAIN) - 1)
    yield f"a PDF of {MOST_PAGES} such pages", "long.pdf", pdf(*[page] * MOST_PAGES)
    paragraph = f"<p>{PLAIN}</p>\n"
    html = "<html><body>" + paragraph * (MOST_CHARACTERS // len(PLAIN) - 1)
    assert len(html) < MOST_HTML_BYTES
    yield f"HTML of {len(html) / 1e6:.1f} MB", "long.html", html.encode()


def read(functions: PackagedFunctions, bucket: S3Bucket) -> Iterator[tuple[str, str]]:
    """Memory of the document function for each of the largest documents."""
    for name, path, content in documents():
        document = DocumentName(STORE, path)
        bucket.put(document.key, content)
        event = {"Records": [{"messageId": "m", "body": notification(document)}]}
        spent, answer = functions.call(f"{HANDLERS}.document", DOCUMENT_MB, event)
        assert answer in (None, {"batchItemFailures": []}), answer
        yield f"document: {name}", spent


def published(functions: PackagedFunctions) -> str:
    """Memory of publishing those documents."""
    ids = [DocumentName(STORE, path).id for _, path, _ in documents()]
    bodies = [Changed(STORE, document).told() for document in ids]
    event = {"Records": [{"messageId": body, "body": body} for body in bodies]}
    spent, answer = functions.call(f"{HANDLERS}.publish", DOCUMENT_MB, event)
    assert answer in (None, {"batchItemFailures": []}), answer
    return spent


def searched(functions: PackagedFunctions, size: int, *stores: str) -> str:
    """Memory of ten searches of each store with the most results, the first of which loads it."""
    events: list[dict[str, Any]] = [
        {"store": store, "query": f"Which alarms of w{number} undo w{number * 7}?", "top_k": 50}
        for store in stores
        for number in range(10)
    ]
    functions.variables["TWIN_FEATURES_CALLERS_MB"] = str(callers_mb(size))
    spent, answer = functions.call(f"{HANDLERS}.search", size, *events)
    assert answer is None or answer["results"], answer
    return spent


def rows(functions: PackagedFunctions, chunks: int) -> Iterator[tuple[str, int, str]]:
    """Names, sizes and memory of the functions."""
    bucket = S3Bucket.connect(BUCKET)
    for name, spent in read(functions, bucket):
        yield name, DOCUMENT_MB, spent
    identity = MiniLM.load(embedder_directory()).identity
    fill(bucket, STORE, chunks, identity)
    store = f"a store of {chunks:,} chunks"
    yield f"publish: those three into {store}", DOCUMENT_MB, published(functions)
    size = RetrievalConfig().memory_mb
    yield f"search: {store}", size, searched(functions, size, STORE)
    made = [f"own-{number}" for number in range(3)]
    fewer = (callers_mb(LEAST_MB) << 20) // BYTES_A_CHUNK // 100 * 100
    for one in made:
        fill(bucket, one, fewer, identity)
    name = f"search: three stores of {fewer:,} chunks, each the most of a caller"
    yield name, LEAST_MB, searched(functions, LEAST_MB, *made)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=100_000, help="chunks of the store")
    chunks = parser.parse_args().chunks
    bundle = build_features_bundle(ROOT, platform="host")
    with in_local_cloud(bundle, VARIABLES) as functions:
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        for name in ("document", "publish"):
            url = boto3.client("sqs").create_queue(QueueName=name)["QueueUrl"]
            functions.variables[f"TWIN_FEATURES_{name.upper()}_QUEUE_URL"] = url
        print_memory(rows(functions, chunks))


if __name__ == "__main__":
    main()
