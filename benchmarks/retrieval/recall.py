"""Recall of BM25, an embedder and both on the questions over docs/, and the time of a question.

    python benchmarks/retrieval/recall.py                # docs/ as the questions were written
    python benchmarks/retrieval/recall.py --now          # docs/ of today
    python benchmarks/retrieval/recall.py --model DIRECTORY [--prompts "query: " "passage: "]

Three judgements say what answers: any chunk of the author's document, as always; these and what a
reader of the pool found in other documents (`pool.py`); only chunks with the author's passage or a
quote of the reader's. MRR is that of the first ten.
A test collection is questions, documents and the judgement of which answer which: documents that
came later were never judged, so that the first line is the measure and the second a look. "Either"
has what one of the two rankings has: what joins their first five cannot pass it, and what sorts
their first 20 or 50 anew cannot pass the last line.

`--model` has a model of sentence-transformers in MiniLM's place, on the same chunks. What only it
finds was never judged, and counts in the pool as a miss: `pool.py` judged what is searched today.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Self

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from questions import DOCS, WRITTEN, Question, docs_of, on_one_line, read_questions
from sentence_transformer import prompted

from features.chunking.chunker import Chunker
from features.documents.reading import read_document
from features.embedding.embedder import Embedder, Vectors
from features.embedding.minilm import MiniLM, load_tokenizer
from features.index.chunk_table import ChunkTable, IndexedChunk
from features.index.generation import Generation
from features.index.record import DocumentInfo
from features.search.query import Query, Weights
from features.search.snapshot import Snapshot

sys.path.insert(0, str(DOCS.parent))
from tests.support.embedder import embedder_directory

METHODS = {
    "BM25 with stemmer": Weights(embedding=0, text=1),
    "embedder": Weights(embedding=1, text=0),
    "hybrid (the default)": Weights(),
}
_DEPTH = 50
_DEPTH_OF_MRR = 10

Ranks = Sequence[int | None]
Judge = Callable[[Question, IndexedChunk], bool]


def by_document(question: Question, chunk: IndexedChunk) -> bool:
    """Return whether a chunk is of the author's document."""
    return chunk.document == question.document


def by_quote(question: Question, chunk: IndexedChunk) -> bool:
    """Return whether a chunk holds what the pool's reader quoted."""
    passage = on_one_line(chunk.passage)
    answers = question.judgement.answers
    return any(name == chunk.document and quote in passage for name, quote in answers)


def by_pool(question: Question, chunk: IndexedChunk) -> bool:
    """Return whether a chunk is of the author's document, or answers by the pool."""
    return by_document(question, chunk) or by_quote(question, chunk)


def by_passage(question: Question, chunk: IndexedChunk) -> bool:
    """Return whether a chunk holds the author's passage, or answers by the pool."""
    has_passage = on_one_line(question.passage) in on_one_line(chunk.passage)
    return (by_document(question, chunk) and has_passage) or by_quote(question, chunk)


JUDGES: Mapping[str, Judge] = {
    "the author's documents": by_document,
    "and what the pool's reader found in others": by_pool,
    "the author's passage or a quote of the reader's alone": by_passage,
}


def snapshot_of(docs: Path, chunker: Chunker, embedder: Embedder) -> Snapshot:
    """Return documents as one segment in memory."""
    chunks = [
        IndexedChunk(path.relative_to(docs).as_posix(), number, chunk.text, chunk.context, {})
        for path in sorted(docs.rglob("*.md"))
        for number, chunk in enumerate(chunker.chunks(read_document(path.read_bytes(), path.name)))
    ]
    vectors = embedder.embed([chunk.passage for chunk in chunks]).astype(np.float16)
    documents = {
        name: DocumentInfo(name, name, name, "", "ready", 0.0)
        for name in {chunk.document for chunk in chunks}
    }
    generation = Generation(embedder.identity, time.time(), documents=documents)
    snapshot = Snapshot("docs", generation, {"docs": ChunkTable(chunks, vectors)})
    snapshot.prepare()
    return snapshot


@dataclass(frozen=True)
class Collection:
    """Documents to search, and the questions with their vectors.

    Attributes:
        snapshot: Documents as one segment in memory.
        asked: Questions and their vectors.
        times: Seconds that each question took to be embedded.
    """

    snapshot: Snapshot
    asked: Sequence[tuple[Question, Vectors]]
    times: Sequence[float]

    @classmethod
    def of(cls, docs: Path, embedders: tuple[Embedder, Embedder] | None = None) -> Self:
        """Return the questions beside some documents.

        Args:
            docs: the documents.
            embedders: that of the questions and that of the chunks; MiniLM for both if None.
        """
        directory = embedder_directory()
        of_questions, of_chunks = embedders or [MiniLM.load(directory)] * 2
        snapshot = snapshot_of(docs, Chunker(load_tokenizer(directory)), of_chunks)
        asked, times = [], []
        for question in read_questions():
            start = time.perf_counter()
            asked.append((question, of_questions.embed([question.text])[0]))
            times.append(time.perf_counter() - start)
        return cls(snapshot, asked, times)


def search(
    collection: Collection, asked: tuple[Question, Vectors], weights: Weights
) -> list[IndexedChunk]:
    """Return the first chunks that are found for a question."""
    question, vector = asked
    hits = collection.snapshot.search(Query(question.text, _DEPTH, weights=weights), vector)
    return [hit.chunk for hit in hits]


def rank(question: Question, chunks: Sequence[IndexedChunk], judge: Judge) -> int | None:
    """Return the place of the first chunk that answers, from 1; None if there is none."""
    return next((place for place, one in enumerate(chunks, 1) if judge(question, one)), None)


def either(some: Ranks, others: Ranks) -> Ranks:
    """Return the better of two places of each question."""
    return [min(filter(None, pair), default=None) for pair in zip(some, others, strict=True)]


def row(ranks: Ranks) -> str:
    """Return recall@1, recall@5 and MRR@10 as cells of a table."""
    recalls = [mean(place is not None and place <= most for place in ranks) for most in (1, 5)]
    reciprocal = mean(1 / place if place and place <= _DEPTH_OF_MRR else 0.0 for place in ranks)
    return " | ".join(f"{value:.3f}" for value in (*recalls, reciprocal))


def print_recall(questions: Sequence[Question], ranks: Mapping[str, Ranks]) -> None:
    """Print the table, of all questions and of both halves."""
    print("| questions | method | recall@1 | recall@5 | MRR@10 |\n|---|---|---|---|---|")
    for wording in ("all", "own", "other"):
        chosen = [number for number, one in enumerate(questions) if wording in ("all", one.wording)]
        for name, places in ranks.items():
            print(f"| {wording} | {name} | {row([places[number] for number in chosen])} |")


def measure(docs: Path, embedders: tuple[Embedder, Embedder] | None) -> None:
    """Print what is found in some documents, and in which time."""
    collection = Collection.of(docs, embedders)
    questions = [question for question, _ in collection.asked]
    chunks = sum(map(len, collection.snapshot.tables.values()))
    documents = len(collection.snapshot.generation.documents)
    print(f"{len(questions)} questions, {documents} documents, {chunks} chunks")
    found = {
        name: [search(collection, asked, weights) for asked in collection.asked]
        for name, weights in METHODS.items()
    }
    for title, judge in JUDGES.items():
        ranks: dict[str, Ranks] = {
            name: [rank(*pair, judge) for pair in zip(questions, lists, strict=True)]
            for name, lists in found.items()
        }
        best = either(*list(ranks.values())[:2])
        print(f"\nanswering: {title}")
        print_recall(questions, ranks | {"either": best})
        for most in (20, 50):
            share = mean(place is not None and place <= most for place in best)
            print(f"among the first {most} of either: {share:.3f} of all")
    start = time.perf_counter()
    for asked in collection.asked:
        search(collection, asked, Weights())
    searched = (time.perf_counter() - start) / len(questions)
    embedded = median(collection.times)
    print(f"a question: embedded in {embedded * 1e3:.1f} ms, searched in {searched * 1e3:.2f} ms")


def main() -> None:
    """Measure on the documents of the questions, or on those of today."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--now", action="store_true", help="docs/ as they are today")
    parser.add_argument("--model", type=Path, help="directory of another embedder")
    parser.add_argument("--prompts", nargs=2, default=("", ""), help="before questions, and chunks")
    chosen = parser.parse_args()
    embedders = chosen.model and prompted(chosen.model, *chosen.prompts)
    if chosen.now:
        measure(DOCS, embedders)
        return
    with docs_of(WRITTEN) as docs:
        measure(docs, embedders)


if __name__ == "__main__":
    main()
