"""An embedder of a directory as sentence-transformers writes it, to measure in MiniLM's place.

Runs in an environment with torch and transformers (the group `train`), on one core and in float32.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from features.embedding.embedder import EmbedderIdentity, Vectors, normalized

_MOST_TOKENS = 512
_TEXTS_AT_ONCE = 4


@dataclass(frozen=True)
class SentenceTransformer:
    """An encoder and its tokenizer; a vector is the mean of a text's tokens, or its first one's.

    Attributes:
        identity: Name of the directory, and digest of the weights.
        prompt: Words before each text, which some models want.
    """

    identity: EmbedderIdentity
    prompt: str
    _tokenizer: Any
    _model: Any
    _first_token: bool

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read the model of a directory whose weights are one file of safetensors."""
        import torch
        from transformers import AutoModel, AutoTokenizer

        torch.set_num_threads(1)
        model = AutoModel.from_pretrained(directory).eval()
        pooling = json.loads((directory / "1_Pooling" / "config.json").read_text())
        digest = hashlib.sha256((directory / "model.safetensors").read_bytes()).hexdigest()
        identity = EmbedderIdentity(directory.name, digest, model.config.hidden_size)
        tokenizer = AutoTokenizer.from_pretrained(directory)
        return cls(identity, "", tokenizer, model, pooling["pooling_mode_cls_token"])

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a vector of length 1 for each text."""
        vectors = np.zeros((len(texts), self.identity.dimension), np.float32)
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        for start in range(0, len(order), _TEXTS_AT_ONCE):
            batch = order[start : start + _TEXTS_AT_ONCE]
            vectors[batch] = self._pooled([self.prompt + texts[index] for index in batch])
        return normalized(vectors)

    def _pooled(self, texts: list[str]) -> Vectors:
        import torch

        tokens = self._tokenizer(
            texts, truncation=True, max_length=_MOST_TOKENS, padding=True, return_tensors="pt"
        )
        with torch.inference_mode():
            hidden = self._model(**tokens).last_hidden_state
        mask = tokens["attention_mask"][..., None]
        pooled = hidden[:, 0] if self._first_token else (hidden * mask).sum(1) / mask.sum(1)
        vectors: Vectors = pooled.numpy()
        return vectors


def prompted(
    directory: Path, before_questions: str, before_chunks: str
) -> tuple[SentenceTransformer, SentenceTransformer]:
    """Return a directory's embedder of questions, and that of chunks."""
    model = SentenceTransformer.load(directory)
    return replace(model, prompt=before_questions), replace(model, prompt=before_chunks)
