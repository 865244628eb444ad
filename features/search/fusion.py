"""One ranking of two: a weighted sum of scores, each as a share of what a perfect chunk would have.

Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (ACM TOIS 42, 2023),
find a convex combination of scores, scaled by their theoretical bounds, better than places alone.
A cosine is at most 1; BM25 is below the sum of the query's inverse document frequencies.
docs/decisions/0110-hybrid-search-with-minilm-in-numpy.md
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]


def blend(parts: list[tuple[Scores, float, float]]) -> Scores:
    """Return one score of 0 to 1 for each chunk.

    Args:
        parts: for each way to search its scores, the most that one can be (above 0), and its
            weight; at least one weight is above 0.
    """
    total = sum(weight for _, _, weight in parts)
    shares = [
        np.float32(weight / total) * np.clip(scores / np.float32(most), 0, 1)
        for scores, most, weight in parts
    ]
    blended: Scores = np.sum(shares, axis=0, dtype=np.float32)
    return blended
