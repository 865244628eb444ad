"""Formats of quantization, and the GPUs that take them."""

from __future__ import annotations

import pytest

from stacks.engines.instances import GPU_FAMILIES, compute_capability
from stacks.engines.quantization import quantization_note, quantization_problem

A_SIZE = {"p4d": "24xlarge", "p4de": "24xlarge"} | dict.fromkeys(
    ("p5", "p5en", "p6-b200", "p6-b300"), "48xlarge"
)


def instance(family: str) -> str:
    return f"ml.{family}.{A_SIZE.get(family, '2xlarge')}"


@pytest.mark.parametrize("family", sorted(GPU_FAMILIES))
def test_every_gpu_has_a_compute_capability_and_takes_both_formats(family: str) -> None:
    assert compute_capability(instance(family)) >= 75
    for quantization in ("fp8", "bitsandbytes"):
        assert quantization_problem(quantization, instance(family)) is None


@pytest.mark.parametrize("quantization", ["fp8", "bitsandbytes"])
def test_instance_without_gpu_takes_none(quantization: str) -> None:
    assert quantization_problem(quantization, "ml.c7i.2xlarge") == (
        f"got '{quantization}'; on ml.c7i.2xlarge must be left out: the format needs a GPU of "
        f"compute capability {'7.5' if quantization == 'fp8' else '7.0'} or more"
    )


def test_fp8_before_ada_is_noted() -> None:
    noted = {f for f in GPU_FAMILIES if quantization_note("fp8", instance(f))}
    assert noted == {"g4dn", "g5", "p4d", "p4de"}
    assert "stored in 8 bits and computed in 16" in str(quantization_note("fp8", "ml.g5.2xlarge"))
    assert quantization_note("bitsandbytes", "ml.g5.2xlarge") is None
