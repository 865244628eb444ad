"""all-MiniLM-L6-v2 in numpy: six layers of BERT, the mean of the tokens, length 1.

Devlin et al., "BERT" (arXiv 1810.04805); Reimers and Gurevych, "Sentence-BERT" (arXiv 1908.10084).
The model card of sentence-transformers/all-MiniLM-L6-v2 names 256 tokens and 384 dimensions.
docs/decisions/0110-hybrid-search-with-minilm-in-numpy.md
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from tokenizers import Tokenizer

from features.embedding.embedder import EmbedderIdentity, Vectors, normalized
from features.embedding.weights import Tensors, read_tensors

MOST_TOKENS = 256
"""Tokens that the model reads, with the two that mark the ends."""

_HEADS = 12
_LAYERS = 6
_EPSILON = 1e-12
_TEXTS_AT_ONCE = 16
_FILES = ("model.safetensors", "tokenizer.json")


class MiniLM:
    """The embedder that needs nothing but numpy: 384 dimensions, English, 256 tokens."""

    def __init__(self, tensors: Tensors, digest: str, tokenizer: Tokenizer) -> None:
        self._tensors = tensors
        self._tokenizer = tokenizer
        width = tensors["embeddings.word_embeddings.weight"].shape[1]
        self.identity = EmbedderIdentity("minilm", digest, width)

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read the model from a directory with weights and tokenizer."""
        tensors, digest = read_tensors(directory / _FILES[0])
        return cls(tensors, digest, load_tokenizer(directory))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a vector of length 1 for each text, of its first 254 tokens."""
        encoded = [_cut(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts))]
        vectors = np.zeros((len(texts), self.identity.dimension), np.float32)
        # Texts of like length together: a batch is as long as its longest text.
        order = sorted(range(len(encoded)), key=lambda index: len(encoded[index]))
        for start in range(0, len(order), _TEXTS_AT_ONCE):
            batch = order[start : start + _TEXTS_AT_ONCE]
            vectors[batch] = self._means([encoded[index] for index in batch])
        return normalized(vectors)

    def _means(self, encoded: Sequence[Sequence[int]]) -> Vectors:
        longest = max(map(len, encoded))
        ids = np.zeros((len(encoded), longest), np.int64)
        mask = np.zeros((len(encoded), longest), np.float32)
        for row, tokens in enumerate(encoded):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        hidden = self._forward(ids, mask)
        means: Vectors = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        return means

    def _forward(self, ids: np.typing.NDArray[np.int64], mask: Vectors) -> Vectors:
        words, positions, types = (
            self._tensors[f"embeddings.{name}_embeddings.weight"]
            for name in ("word", "position", "token_type")
        )
        hidden = words[ids] + positions[: ids.shape[1]] + types[0]
        hidden = self._normalize(hidden, "embeddings.LayerNorm")
        bias = np.where(mask[:, None, None, :] > 0, 0, -1e9).astype(np.float32)
        for number in range(_LAYERS):
            hidden = self._layer(hidden, bias, f"encoder.layer.{number}.")
        return hidden

    def _layer(self, hidden: Vectors, bias: Vectors, layer: str) -> Vectors:
        attended = self._attention(hidden, bias, f"{layer}attention.self.")
        attended = self._linear(attended, f"{layer}attention.output.dense")
        hidden = self._normalize(hidden + attended, f"{layer}attention.output.LayerNorm")
        inner = _gelu(self._linear(hidden, f"{layer}intermediate.dense"))
        outer = self._linear(inner, f"{layer}output.dense")
        return self._normalize(hidden + outer, f"{layer}output.LayerNorm")

    def _attention(self, hidden: Vectors, bias: Vectors, name: str) -> Vectors:
        texts, tokens, width = hidden.shape
        query, key, value = (
            self._linear(hidden, name + part)
            .reshape(texts, tokens, _HEADS, width // _HEADS)
            .transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32((width // _HEADS) ** 0.5) + bias
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        joined: Vectors = (weights @ value).transpose(0, 2, 1, 3).reshape(texts, tokens, width)
        return joined

    def _linear(self, values: Vectors, name: str) -> Vectors:
        result: Vectors = values @ self._tensors[f"{name}.weight"].T
        result += self._tensors[f"{name}.bias"]
        return result

    def _normalize(self, values: Vectors, name: str) -> Vectors:
        centered = values - values.mean(-1, keepdims=True)
        variance = (centered**2).mean(-1, keepdims=True)
        scaled: Vectors = centered / np.sqrt(variance + np.float32(_EPSILON))
        return scaled * self._tensors[f"{name}.weight"] + self._tensors[f"{name}.bias"]


def load_tokenizer(directory: Path) -> Tokenizer:
    """Return the model's tokenizer, which neither pads nor cuts."""
    tokenizer = Tokenizer.from_file(str(directory / _FILES[1]))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _cut(ids: list[int]) -> list[int]:
    """Return at most 256 tokens; the last is the mark of the end."""
    return ids if len(ids) <= MOST_TOKENS else [*ids[: MOST_TOKENS - 1], ids[-1]]


def _gelu(values: Vectors) -> Vectors:
    return values * np.float32(0.5) * (1 + _erf(values * np.float32(0.5**0.5)))


def _erf(values: Vectors) -> Vectors:
    """Return the error function within 1.5e-7: Abramowitz and Stegun, 7.1.26."""
    size = np.abs(values)
    t = 1 / (1 + np.float32(0.3275911) * size)
    series = np.full_like(size, 1.061405429)
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = series * t + np.float32(coefficient)
    result: Vectors = np.sign(values) * (1 - series * t * np.exp(-size * size))
    return result
