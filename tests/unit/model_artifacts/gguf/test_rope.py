"""Scaled positions: linear and Llama 3's are carried over, others refused by their name."""

from __future__ import annotations

import math
from typing import Any

import pytest

from model_artifacts.gguf.errors import UnsupportedCheckpointError
from model_artifacts.gguf.rope import Rope, read_rope
from tests.support.llama_checkpoint import CONFIG

LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
    "rope_theta": 500_000.0,
}
"""Of Llama 3.1 8B's config.json."""


@pytest.mark.parametrize("key", ["rope_scaling", "rope_parameters"])
@pytest.mark.parametrize(
    ("rope", "message"),
    [
        ({"type": "llama3", "factor": 8.0}, "low_freq_factor None is not supported"),
        (LLAMA3 | {"high_freq_factor": 1.0}, "high_freq_factor 1 is not supported; .* above"),
        (LLAMA3 | {"beta": 1.0}, "beta is not supported for rope_type 'llama3'"),
        ({"rope_type": "yarn", "factor": 4.0}, "rope_type 'yarn' is not supported"),
        ({"type": "dynamic", "factor": 2.0}, "rope_type 'dynamic' is not supported"),
        ({"rope_type": "longrope"}, "rope_type 'longrope' is not supported"),
        ({"rope_type": "default", "type": "linear"}, r"rope_type \['default', 'linear'\]"),
        ({"factor": 2.0}, "factor is not supported for rope_type 'default'"),
        ({"type": "linear", "factor": 2.0, "beta_fast": 32}, "beta_fast is not supported"),
        ({"type": "linear"}, "factor None is not supported"),
        ({"type": "linear", "factor": 0.5}, "factor 0.5 is not supported"),
        ({"type": "linear", "factor": "2"}, "factor '2' is not supported"),
        ({"type": "linear", "factor": True}, "factor True is not supported"),
        ({"type": "linear", "factor": float("nan")}, "factor nan is not supported"),
        ({"type": "linear", "factor": float("inf")}, "factor inf is not supported"),
        ({"partial_rotary_factor": 0.25}, "partial_rotary_factor 0.25 is not supported"),
        ({"full_attention": {"rope_theta": 1e6}}, "full_attention is not supported"),
        ([2.0], "supported: an object"),
        ("linear", "supported: an object"),
    ],
)
def test_other_scaling_of_positions_is_refused_by_name(
    key: str, rope: object, message: str
) -> None:
    plain = {name: value for name, value in CONFIG.items() if name != "rope_parameters"}
    with pytest.raises(UnsupportedCheckpointError, match=f"^{key}.*{message}|^{message}"):
        read_rope(plain | {key: rope})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Rope()),
        ({"rope_scaling": None}, Rope()),
        ({"rope_parameters": {"type": "linear", "factor": 4}}, Rope("linear", 4.0)),
        (
            {"rope_parameters": None, "rope_scaling": {"type": "linear", "factor": 2.5}},
            Rope("linear", 2.5),
        ),
        ({"rope_parameters": LLAMA3}, Rope("llama3", 8.0, 1.0, 4.0, 8192.0)),
    ],
)
def test_scaling_is_read_wherever_it_stands(changes: dict[str, Any], expected: Rope) -> None:
    assert read_rope(CONFIG | changes) == expected


def test_two_scalings_that_differ_are_refused() -> None:
    with pytest.raises(UnsupportedCheckpointError, match="differ"):
        read_rope(CONFIG | {"rope_scaling": {"type": "linear", "factor": 2.0}})


def test_short_waves_stay_and_long_ones_are_divided() -> None:
    divisors = read_rope({"rope_parameters": LLAMA3}).divisors(500_000.0, 128)
    assert divisors.dtype.name == "float32"
    # Of Llama 3.1 8B, by transformers' _compute_llama3_parameters: 8192 / 4 and 8192 tokens are the
    # wavelengths between which the divisor rises.
    waves = [2 * math.pi * 500_000.0 ** (2 * place / 128) for place in range(64)]
    assert all(d == 1 for d, wave in zip(divisors, waves, strict=True) if wave < 2048)
    assert all(d == 8 for d, wave in zip(divisors, waves, strict=True) if wave > 8192)
    smooth = (8192 / waves[30] - 1) / 3
    assert 0 < smooth < 1
    assert divisors[30] == pytest.approx(1 / ((1 - smooth) / 8 + smooth))
