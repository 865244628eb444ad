"""Pool of chunks to be judged: what any method finds first, without its method, place and score.

    python benchmarks/retrieval/pool.py

A question's author knew one document that answers it; others may as well. As at TREC (Spärck Jones
and van Rijsbergen 1975; Voorhees and Harman 2005), a reader judges what all methods have among
their first five, together and shuffled, of each question that a method misses by the author's
document alone.

The rule, written before the first judgement: a chunk answers where somebody who sees nothing but
this chunk can answer the question fully and rightly, with the fact of the author's passage or with
another that answers the question as it is worded just as well. Related, half, or only naming the
subject: no. In doubt: no. Each yes has a literal quote of the chunk, which holds the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from questions import WRITTEN, Question, paragraphs
from recall import METHODS, Collection, docs_of, rank

from features.embedding.embedder import Vectors
from features.index.chunk_table import IndexedChunk
from features.search.query import Query

_DEPTH = 5
_SEED = 12


def pool(collection: Collection) -> Iterator[tuple[Question, list[IndexedChunk]]]:
    """Yield each question that a method misses, and what all methods find first, shuffled."""
    order = Random(_SEED)
    for question, vector in collection.asked:
        places = [rank(collection.snapshot, question, vector, one) for one in METHODS.values()]
        if all(place is not None and place <= _DEPTH for place in places):
            continue
        found = _found(collection, question, vector)
        order.shuffle(found)
        yield question, found


def _found(collection: Collection, question: Question, vector: Vectors) -> list[IndexedChunk]:
    hits = (
        hit.chunk
        for weights in METHODS.values()
        for hit in collection.snapshot.search(Query(question.text, _DEPTH, weights=weights), vector)
    )
    return sorted({(one.document, one.number): one for one in hits}.values(), key=name_of)


def name_of(chunk: IndexedChunk) -> str:
    """Return the name of a chunk in the judgements."""
    return f"{chunk.document}#{chunk.number}"


def main() -> None:
    """Print each question with its author's paragraph, and the chunks that are to be judged."""
    with docs_of(WRITTEN) as docs:
        collection = Collection.of(docs)
        for question, chunks in pool(collection):
            parts = paragraphs((docs / question.document).read_text())
            joined = (" ".join(part.split()) for part in parts)
            author = next(part for part in joined if " ".join(question.passage.split()) in part)
            print(f"\n? {question.text}\nauthor, {question.document}: {author}")
            for chunk in chunks:
                print(f"- {name_of(chunk)}: {' '.join(chunk.passage.split())}")


if __name__ == "__main__":
    main()
