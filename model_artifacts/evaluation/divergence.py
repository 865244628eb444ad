"""Distributions of the next token, compared: divergence, agreement, perplexity.

The definitions are those of llama-perplexity:
https://github.com/ggml-org/llama.cpp/blob/master/tools/perplexity/README.md
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def log_softmax(logits: NDArray[np.float32]) -> Floats:
    """Return log-probabilities of rows of logits, in 64 bits."""
    moved = logits.astype(np.float64)
    moved -= moved.max(axis=-1, keepdims=True)
    normalized: Floats = moved - np.log(np.exp(moved).sum(axis=-1, keepdims=True))
    return normalized


def kl_divergence(reference: Floats, other: Floats) -> Floats:
    """Return the Kullback-Leibler divergence of each row, in nats: the bits lost by taking `other`.

    Args:
        reference: log-probabilities, shape (positions, vocabulary).
        other: the same of another model.
    """
    rows: Floats = (np.exp(reference) * (reference - other)).sum(axis=-1)
    return np.clip(rows, 0, None)


@dataclass
class Comparison:
    """Sums over all positions so far.

    Attributes:
        divergences: of each position, in nats.
        same_top: positions at which both have the same likeliest token.
        reference_loss: sum of the reference's negative log-probabilities of the text's tokens.
        other_loss: the same of the other model.
    """

    divergences: list[float] = field(default_factory=list)
    same_top: int = 0
    reference_loss: float = 0.0
    other_loss: float = 0.0

    def add(self, reference: Floats, other: Floats, following: NDArray[np.int64]) -> None:
        """Take positions into account.

        Args:
            reference: log-probabilities of the next token, shape (positions, vocabulary).
            other: the same of the other model.
            following: the text's next token at each position.
        """
        rows = np.arange(len(following))
        self.divergences += kl_divergence(reference, other).tolist()
        self.same_top += int((reference.argmax(axis=-1) == other.argmax(axis=-1)).sum())
        self.reference_loss -= float(reference[rows, following].sum())
        self.other_loss -= float(other[rows, following].sum())

    @property
    def positions(self) -> int:
        """Positions that were taken into account."""
        return len(self.divergences)

    @property
    def kl_mean(self) -> float:
        """Mean divergence, in nats."""
        return float(np.mean(self.divergences))

    @property
    def kl_p99(self) -> float:
        """The divergence that one position in a hundred exceeds, in nats."""
        return float(np.quantile(self.divergences, 0.99))

    @property
    def same_top_share(self) -> float:
        """Share of positions at which both have the same likeliest token."""
        return self.same_top / self.positions

    @property
    def reference_perplexity(self) -> float:
        """Perplexity of the text by the reference."""
        return float(np.exp(self.reference_loss / self.positions))

    @property
    def other_perplexity(self) -> float:
        """Perplexity of the text by the other model."""
        return float(np.exp(self.other_loss / self.positions))
