"""Memory that a model takes on top of its weights: the keys and values of every token."""

from __future__ import annotations

from dataclasses import dataclass

BF16_BYTES = 2.0
"""Bytes of an element of the KV cache where the engine is not told otherwise: 16-bit floats."""


@dataclass(frozen=True)
class KVCacheShape:
    """Keys and values that attention keeps of every token.

    A layer without attention has no heads; a layer with a sliding window is counted in full, so
    that the sum is an upper bound.

    Attributes:
        kv_heads: heads for keys and values of each layer.
        key_length: elements of one key.
        value_length: elements of one value.
    """

    kv_heads: tuple[int, ...]
    key_length: int
    value_length: int

    @property
    def layers(self) -> int:
        """Layers that keep anything."""
        return sum(heads > 0 for heads in self.kv_heads)

    def bytes_per_token(self, element_bytes: float = BF16_BYTES) -> int:
        """Return the bytes of one token on all GPUs together.

        2 x layers x kv_heads x head_dim x bytes of an element, as every layer has the same heads
        and a key is as long as a value: section 3 of https://arxiv.org/abs/2309.06180.

        Args:
            element_bytes: 2 for 16-bit floats, 1 for FP8, 34/32 for Q8_0.
        """
        elements = sum(self.kv_heads) * (self.key_length + self.value_length)
        return round(elements * element_bytes)

    def bytes_of(self, tokens: int, element_bytes: float = BF16_BYTES) -> int:
        """Return the bytes of so many tokens."""
        return tokens * self.bytes_per_token(element_bytes)


def latent_shape(layers: int, rank: int, rope_length: int) -> KVCacheShape:
    """Return the shape of multi-head latent attention: one vector a layer stands for all heads.

    Section 2.1 of https://arxiv.org/abs/2405.04434.

    Args:
        layers: layers of the model.
        rank: elements of the compressed keys and values.
        rope_length: elements of the key that carries the position.
    """
    return KVCacheShape((1,) * layers, rank + rope_length, 0)
