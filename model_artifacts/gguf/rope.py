"""RoPE beyond the context that a model was first trained with: which positions, turned how far.

The names and formulas are those of transformers:
https://github.com/huggingface/transformers/blob/main/src/transformers/modeling_rope_utils.py
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_artifacts.gguf.errors import UnsupportedCheckpointError

# Keys of each type that we carry, beside those that every type may have.
_KEYS: dict[str, tuple[str, ...]] = {
    "default": (),
    "linear": ("factor",),
    "llama3": (
        "factor",
        "low_freq_factor",
        "high_freq_factor",
        "original_max_position_embeddings",
    ),
}
_ANY_TYPE = ("rope_type", "type", "rope_theta", "partial_rotary_factor")


@dataclass(frozen=True)
class Rope:
    """Scaling of positions.

    Attributes:
        kind: "default" for not at all, "linear" for all frequencies alike, "llama3" for low ones.
        factor: what frequencies are divided by.
        low_freq_factor: the context over this is the wavelength from which all of it is divided.
        high_freq_factor: the context over this is the wavelength up to which nothing is.
        original_max_position_embeddings: the context of the first training, in tokens.
    """

    kind: str = "default"
    factor: float = 1.0
    low_freq_factor: float = 1.0
    high_freq_factor: float = 1.0
    original_max_position_embeddings: float = 1.0

    def divisors(self, theta: float, head_dim: int) -> NDArray[np.float32]:
        """Return what each frequency of a head is divided by: `rope_freqs.weight` of GGUF."""
        wavelengths = 2 * math.pi * theta ** (np.arange(0, head_dim, 2) / head_dim)
        context = self.original_max_position_embeddings
        low, high = self.low_freq_factor, self.high_freq_factor
        kept = np.clip((context / wavelengths - low) / (high - low), 0, 1)
        divisors: NDArray[np.float32] = (1 / ((1 - kept) / self.factor + kept)).astype(np.float32)
        return divisors


def read_rope(raw: dict[str, Any]) -> Rope:
    """Read how a config.json scales positions.

    Raises:
        UnsupportedCheckpointError: In a way that cannot be carried over, or in two ways.
    """
    names = ("rope_parameters", "rope_scaling")
    found = {_rope(name, rope) for name in names if (rope := raw.get(name))}
    if len(found) > 1:
        raise UnsupportedCheckpointError(
            "rope_parameters and rope_scaling differ; supported: one of them"
        )
    return found.pop() if found else Rope()


def _rope(name: str, rope: object) -> Rope:
    if not isinstance(rope, dict):
        raise UnsupportedCheckpointError(f"{name} {rope!r} is not supported; supported: an object")
    kind = _kind(name, rope)
    known = {*_ANY_TYPE, *_KEYS[kind]}
    if unknown := sorted(key for key in rope.keys() - known if rope[key] is not None):
        raise UnsupportedCheckpointError(
            f"{name}: {unknown[0]} is not supported for rope_type {kind!r}; supported: "
            f"{', '.join(sorted(known))}"
        )
    if rope.get("partial_rotary_factor") not in (None, 1):
        part = rope["partial_rotary_factor"]
        raise UnsupportedCheckpointError(
            f"{name}: partial_rotary_factor {part!r} is not supported; supported: 1"
        )
    read = Rope(kind, **{key: _from_one(name, key, rope.get(key)) for key in _KEYS[kind]})
    if kind == "llama3" and read.high_freq_factor <= read.low_freq_factor:
        raise UnsupportedCheckpointError(
            f"{name}: high_freq_factor {read.high_freq_factor:g} is not supported; supported: "
            f"above low_freq_factor ({read.low_freq_factor:g})"
        )
    return read


def _kind(name: str, rope: dict[str, Any]) -> str:
    # Files from before transformers 4.43 say "type".
    found = {rope[key] for key in ("rope_type", "type") if isinstance(rope.get(key), str)}
    kind = "default" if not found else found.pop() if len(found) == 1 else sorted(found)
    if not isinstance(kind, str) or kind not in _KEYS:
        raise UnsupportedCheckpointError(
            f"{name}: rope_type {kind!r} is not supported; supported: {', '.join(map(repr, _KEYS))}"
        )
    return kind


def _from_one(name: str, key: str, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 1 <= value < math.inf:
        raise UnsupportedCheckpointError(
            f"{name}: {key} {value!r} is not supported; supported: a number from 1"
        )
    return float(value)
