"""Pool of chunks to be judged: what any method finds first, without its method, place and score.

    python benchmarks/retrieval/pool.py                  # what is not judged yet
    python benchmarks/retrieval/pool.py --all            # all, to be judged anew

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

import argparse
from collections.abc import Iterator
from random import Random

from questions import WRITTEN, Question, docs_of, name_of, on_one_line, paragraphs
from recall import METHODS, Collection, by_document, by_quote, rank, search

from features.index.chunk_table import IndexedChunk

_DEPTH = 5
_SEED = 12


def pool(collection: Collection) -> Iterator[tuple[Question, list[IndexedChunk]]]:
    """Yield each question that a method misses, and what all methods find first, shuffled."""
    order = Random(_SEED)
    for asked in collection.asked:
        question, _ = asked
        lists = [search(collection, asked, weights)[:_DEPTH] for weights in METHODS.values()]
        if all(rank(question, chunks, by_document) for chunks in lists):
            continue
        distinct = {name_of(chunk): chunk for chunks in lists for chunk in chunks}
        found = [chunk for _, chunk in sorted(distinct.items())]
        order.shuffle(found)
        yield question, found


def is_judged(question: Question, chunk: IndexedChunk) -> bool:
    """Return whether a chunk was judged for a question."""
    return name_of(chunk) in question.judgement.refused or by_quote(question, chunk)


def main() -> None:
    """Print each question with its author's paragraph, and the chunks that are to be judged."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="what was judged already as well")
    with_judged = parser.parse_args().all
    with docs_of(WRITTEN) as docs:
        for question, chunks in pool(Collection.of(docs)):
            left = [one for one in chunks if with_judged or not is_judged(question, one)]
            if not left:
                continue
            parts = map(on_one_line, paragraphs((docs / question.document).read_text()))
            author = next(part for part in parts if on_one_line(question.passage) in part)
            print(f"\n? {question.text}\nauthor, {question.document}: {author}")
            for chunk in left:
                print(f"- {name_of(chunk)}: {on_one_line(chunk.passage)}")


if __name__ == "__main__":
    main()
