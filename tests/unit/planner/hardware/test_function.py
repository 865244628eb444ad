"""A model in a function's memory: the published figure, and what follows from it."""

from __future__ import annotations

import pytest

from planner.hardware.function import function_model
from planner.models.known import known_model


def test_the_published_figure_comes_out() -> None:
    seven = function_model(known_model("mistral-7b"), ["awq"])
    assert seven.format == "Q4_K_M"
    # 3.83 GB at 300 ms; this one has 4.4.
    assert seven.per_token == pytest.approx(0.3 * seven.weights_bytes / 3.83e9)


def test_a_cold_start_is_the_weights_over_the_network() -> None:
    small = function_model(known_model("qwen2.5-1.5b"), ["gptq"])
    assert 0.9e9 < small.weights_bytes < 1.0e9
    assert small.start == pytest.approx(2.5 + small.weights_bytes / 75e6)


@pytest.mark.parametrize(
    ("evaluated", "format_"),
    [([], "BF16"), (["fp8"], "Q8_0"), (["w8a8", "awq"], "Q4_K_M"), (["bitsandbytes"], "Q4_K_M")],
)
def test_the_file_is_no_coarser_than_what_was_evaluated(evaluated: list[str], format_: str) -> None:
    assert function_model(known_model("qwen3-0.6b"), evaluated).format == format_
