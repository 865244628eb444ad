"""BM25 over tables of chunks: postings are the tables' own, statistics are of all together.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with the
inverse document frequency of Lucene, which is never negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np
import numpy.typing as npt

from features.index.chunk_table import Postings

Scores = npt.NDArray[np.float32]
_K1 = 1.5
_B = 0.75


class Bm25:
    """The words of some tables, searched as one."""

    def __init__(self, tables: Sequence[Postings]) -> None:
        self._tables = tables
        lengths = [table.lengths for table in tables]
        self._count = sum(map(len, lengths))
        self._mean = max(1.0, sum(float(part.sum()) for part in lengths) / max(1, self._count))
        self._norms = [
            np.float32(_K1) * (np.float32(1 - _B) + np.float32(_B / self._mean) * part)
            for part in lengths
        ]

    def scores(self, terms: Sequence[str]) -> list[Scores]:
        """Return the scores of each table's chunks; 0 where no word is found."""
        scores = [np.zeros(len(norm), np.float32) for norm in self._norms]
        for term in terms:
            found = [table.find(term) for table in self._tables]
            weight = np.float32(self._rarity(sum(len(where) for where, _ in found)))
            for score, norm, (where, counts) in zip(scores, self._norms, found, strict=True):
                if len(where):
                    often = counts.astype(np.float32)
                    score[where] += weight * often / (often + norm[where])
        return scores

    def most(self, terms: Sequence[str]) -> float:
        """Return what no score of these words reaches: the sum of their inverse frequencies."""
        having = (sum(len(table.find(term)[0]) for table in self._tables) for term in terms)
        return sum(map(self._rarity, having))

    def _rarity(self, having: int) -> float:
        """Return the inverse document frequency of a word that some chunks have."""
        return log(1 + (self._count - having + 0.5) / (having + 0.5))
