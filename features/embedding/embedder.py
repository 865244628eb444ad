"""The port to an embedder, and the identity of an embedder, which an index is named by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class EmbedderIdentity:
    """The identity of an embedder: vectors of equal identities can be compared.

    Attributes:
        name: Kind and model, as in "minilm" or "bedrock:amazon.titan-embed-text-v2:0".
        digest: Digest of the weights; of the name where nobody tells one.
        dimension: Numbers in a vector; 0 for none.
    """

    name: str
    digest: str
    dimension: int

    @property
    def short(self) -> str:
        """The name of the embedder's folder in an index."""
        return f"{self.name.partition(':')[0]}-{self.digest[:12]}"


class Embedder(Protocol):
    """A model that makes vectors of texts."""

    @property
    def identity(self) -> EmbedderIdentity:
        """The identity of the model."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a vector of length 1 for each text: (texts, dimension).

        Raises:
            StorageError: A model elsewhere cannot be reached.
        """


class NoEmbedder:
    """An embedder without vectors: documents are found by their words alone."""

    identity = EmbedderIdentity("none", "0" * 12, 0)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return vectors without numbers: (texts, 0)."""
        return np.empty((len(texts), 0), np.float32)


def normalized(vectors: Vectors) -> Vectors:
    """Return vectors of length 1 in the same directions; a vector of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return unit
