"""Fits, against what vLLM logged and against arithmetic."""

from __future__ import annotations

import re
from dataclasses import replace
from statistics import mean
from typing import Any

import pytest

from planner.fit.flags import EngineFlags
from planner.fit.memory import Fit, fit
from planner.hardware.catalogue import GIB, gpu
from planner.models.known import known_model
from tests.support.planner_rows import rows


def of_row(row: dict[str, Any]) -> Fit:
    flags = EngineFlags(**row["flags"] | {"version": tuple(row["flags"]["version"])})
    device = gpu(row["gpu"])
    device = replace(device, memory_gib=row.get("memory_gib", device.memory_gib))
    return fit(known_model(row["model"]), device, row.get("gpus", 1), flags)


HELD = [row for row in rows("fit") if row.get("bar", True)]


@pytest.mark.parametrize("row", HELD, ids=lambda row: row["row"])
def test_tokens_are_within_4_percent_of_what_vllm_logged(row: dict[str, Any]) -> None:
    found = of_row(row)
    assert found.refusal is None
    assert found.kv_tokens == pytest.approx(row["kv_tokens"], rel=0.04)


def test_tokens_are_off_by_less_than_2_percent_on_average() -> None:
    errors = [abs(of_row(row).kv_tokens / row["kv_tokens"] - 1) for row in HELD]
    assert mean(errors) < 0.02


@pytest.mark.parametrize(
    "row", [row for row in rows("fit") if "weights_gib" in row], ids=lambda row: row["row"]
)
def test_weights_are_within_a_percent_of_what_vllm_logged(row: dict[str, Any]) -> None:
    assert of_row(row).weights / GIB == pytest.approx(row["weights_gib"], rel=0.01)


@pytest.mark.parametrize("row", rows("weights"), ids=lambda row: row["model"])
def test_weights_are_less_than_the_memory_that_aws_measured(row: dict[str, Any]) -> None:
    assert 0.7 * row["gb"] < known_model(row["model"]).weights_bytes / 1e9 < row["gb"]


@pytest.mark.parametrize(
    ("model", "context", "gpus", "shown"),
    [
        ("llama-3.3-70b-fp8", 16_000, 1, r"weights 67\.67 \+ 16000 tokens of KV cache 4\.88"),
        ("qwen3-32b", 32_000, 1, r"KV cache 7\.81 \+ overhead 5\.77 = 74\.61 GiB per GPU"),
        ("qwen3-32b", 16_000, 3, "got 64 attention heads; must be a multiple of the GPUs"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_sum(
    model: str, context: int, gpus: int, shown: str
) -> None:
    flags = EngineFlags(max_model_len=context, version=(0, 11))
    refusal = fit(known_model(model), gpu("H100"), gpus, flags).refusal
    assert refusal is not None
    assert re.search(shown, refusal), refusal


def test_the_largest_context_is_the_last_that_fits() -> None:
    flags = EngineFlags(max_num_seqs=64, max_model_len=1024)
    model = replace(known_model("llama-3.1-8b"))
    largest = fit(model, gpu("A10G"), 1, flags).largest_context
    assert fit(model, gpu("A10G"), 1, replace(flags, max_model_len=largest)).refusal is None
    assert fit(model, gpu("A10G"), 1, replace(flags, max_model_len=largest + 1)).refusal
