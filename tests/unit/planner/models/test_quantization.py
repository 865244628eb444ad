"""Formats of stored weights, by config and by arithmetic."""

from __future__ import annotations

from typing import Any

import pytest

from model_artifacts.inspection.shape import Parameters
from planner.errors import PlanError
from planner.models.quantization import FORMATS, known_format, stored_bytes, stored_format

GROUP = {"weights": {"num_bits": 8, "type": "int"}, "input_activations": {"num_bits": 8}}


@pytest.mark.parametrize(
    ("section", "name"),
    [
        (None, "bf16"),
        ({"quant_method": "awq", "bits": 4}, "awq"),
        ({"quant_method": "gptq", "bits": 4}, "gptq"),
        ({"quant_method": "gptq", "bits": 8}, "w8a16"),
        ({"quant_method": "fp8"}, "fp8"),
        ({"quant_method": "mxfp4"}, "mxfp4"),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "bitsandbytes"),
        ({"quant_method": "modelopt", "quant_algo": "NVFP4"}, "nvfp4"),
        ({"quant_method": "compressed-tensors", "config_groups": {"group_0": GROUP}}, "w8a8"),
        (
            {
                "quant_method": "compressed-tensors",
                "config_groups": {"a": {"weights": {"num_bits": 8, "type": "float"}}},
            },
            "fp8",
        ),
        (
            {
                "quant_method": "compressed-tensors",
                "config_groups": {"a": {"weights": {"num_bits": 4, "type": "int"}}},
            },
            "w4a16",
        ),
    ],
)
def test_configs_name_their_format(section: Any, name: str) -> None:
    assert stored_format({"quantization_config": section}, "x").name == name
    assert stored_format({"text_config": {"quantization_config": section}}, "x").name == name


@pytest.mark.parametrize(
    "section",
    [
        {"quant_method": "quip"},
        {"quant_method": "gptq", "bits": 3},
        {"quant_method": "compressed-tensors", "config_groups": {}},
        {"quant_method": "compressed-tensors", "config_groups": {"a": 1}},
        "fp8",
        7,
    ],
)
def test_what_is_not_known_is_named(section: Any) -> None:
    with pytest.raises(PlanError, match="x: quantization_config: got "):
        stored_format({"quantization_config": section}, "x")


def test_embeddings_and_output_layer_stay_as_they_were() -> None:
    counted = Parameters(total=1000, experts=400, embedding=100, head=100)
    assert stored_bytes(counted, known_format("fp8")) == (400 + 400 + 400, 400, 200)
    assert stored_bytes(counted, known_format("mxfp4"))[0] == 400 + round(400 * 17 / 32) + 800


def test_no_format_is_larger_than_16_bits() -> None:
    assert all(found.weight_bytes <= 2 for found in FORMATS.values())
    with pytest.raises(PlanError, match="got 'int2'; must be one of bf16, fp8"):
        known_format("int2")
