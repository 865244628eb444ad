"""Embedders for tests: a text's vector is how often it has each letter; and those after them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from features.embedding.embedder import EmbedderIdentity, NoEmbedder, Vectors, normalized


class Spelling:
    identity = EmbedderIdentity("spelling", "0" * 12, 26)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Count letters of a text's last line: the title in front says nothing of it."""
        counts = [
            [text.rpartition("\n")[2].lower().count(chr(97 + letter)) for letter in range(26)]
            for text in (text.strip() for text in texts)
        ]
        return normalized(np.array(counts, np.float32).reshape(-1, 26))


class OtherSpelling(Spelling):
    identity = EmbedderIdentity("spelling", "1" * 12, 26)


class OtherEmbedder(NoEmbedder):
    identity = EmbedderIdentity("none", "1" * 12, 0)
