"""A model's bytes: as a step reads them, and in another format."""

from __future__ import annotations

import pytest

from planner.errors import PlanError
from planner.models.known import known_model
from planner.models.quantization import known_format


def test_another_format_takes_its_own_bytes() -> None:
    model = known_model("llama-3.1-8b")
    fp8 = model.quantized(known_format("fp8"))
    assert fp8.weights_bytes == known_model("llama-3.1-8b-fp8").weights_bytes
    assert model.quantized(known_format("bf16")) is model


def test_quantized_weights_are_not_quantized_again() -> None:
    with pytest.raises(PlanError, match="whose weights are stored as awq; must be left out"):
        known_model("llama-3.1-8b-awq").quantized(known_format("fp8"))
