"""Documents of four chunks through the ingestion's own code, in one process and without AWS.

Some with MiniLM, for the CPU that each takes; a thousand without, published, and looked at again
unchanged, for what is written then.
"""

from __future__ import annotations

import argparse
import sys
import time

from documents import document

from features.embedding.embedder import NoEmbedder
from twin.environment import PROJECT

sys.path[:0] = [str(PROJECT), str(PROJECT / "benchmarks")]
from table import print_table  # noqa: E402

from tests.support.features.pipeline import Pipeline, minilm  # noqa: E402


def ingest(pipeline: Pipeline, documents: int) -> float:
    """Bring and publish so many documents; return the seconds of CPU."""
    names = [f"{number}.md" for number in range(documents)]
    began = time.process_time()
    for number, name in enumerate(names):
        pipeline.put(name, document(number))
    pipeline.publish(*names)
    return time.process_time() - began


def again(pipeline: Pipeline, documents: int) -> int:
    """Look at all documents once more; return the writes."""
    before = len(pipeline.bucket.writes)
    names = [f"{number}.md" for number in range(documents)]
    for name in names:
        pipeline.event(name)
    pipeline.publish(*names)
    return len(pipeline.bucket.writes) - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embedded", type=int, default=50)
    parser.add_argument("--documents", type=int, default=1000)
    given = parser.parse_args()
    embedding = Pipeline(embedder=minilm())
    minilm().embed(["warm"])
    seconds = ingest(embedding, given.embedded)
    pipeline = Pipeline(embedder=NoEmbedder())
    plain = ingest(pipeline, given.documents)
    rows = [
        (f"with MiniLM, {given.embedded} documents: CPU each", f"{seconds / given.embedded:.3f} s"),
        (f"without, {given.documents} documents: CPU each", f"{plain / given.documents:.3f} s"),
        ("the same again, unchanged: writes", str(again(pipeline, given.documents))),
        ("chunks of these", str(pipeline.catalogue.status({"store": "docs"})["chunks"])),
    ]
    print_table("Ingestion in one process", rows)


if __name__ == "__main__":
    main()
