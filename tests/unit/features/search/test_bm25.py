"""BM25 over several tables, against the formula written out."""

from __future__ import annotations

import random
from math import log

import numpy as np
import pytest

from features.index.chunk_table import Postings
from features.search.bm25 import Bm25


def slow(texts, terms, k1=1.5, b=0.75):
    mean = max(1.0, sum(map(len, texts)) / max(1, len(texts)))
    scores = []
    for text in texts:
        score = 0.0
        for term in terms:
            having = sum(term in other for other in texts)
            weight = log(1 + (len(texts) - having + 0.5) / (having + 0.5))
            count = text.count(term)
            score += weight * count / (count + k1 * (1 - b + b * len(text) / mean))
        scores.append(score)
    return scores


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_those_of_the_formula_over_all_tables(seed):
    random_ = random.Random(seed)
    texts = [random_.choices("abcdefgh", k=random_.randrange(12)) for _ in range(30)]
    cut = random_.randrange(30)
    bm25 = Bm25([Postings.of(texts[:cut]), Postings.of(texts[cut:])])

    scores = np.concatenate(bm25.scores(list("abbz")))

    assert scores == pytest.approx(slow(texts, list("abbz")), rel=1e-5)


def test_no_tables_have_no_scores():
    assert Bm25([]).scores(["a"]) == []
