"""Quantization while loading, and the GPUs that compute in a format or merely store it."""

from __future__ import annotations

from stacks.engines.instances import compute_capability, family

# "FP8 computation is supported on NVIDIA GPUs with compute capability >= 8.9"; from 7.5 on weights
# are stored so and computed in 16 bits (W8A16, Marlin):
# https://docs.vllm.ai/en/v0.32.0/features/quantization/llm_compressor/fp8/
_COMPUTES_FP8, _STORES_FP8 = 89, 75
# bitsandbytes runs on Volta (7.0) and later: https://docs.vllm.ai/en/v0.14.0/features/quantization/
_LEAST = {"fp8": _STORES_FP8, "bitsandbytes": 70}


def quantization_problem(quantization: str, instance_type: str) -> str | None:
    """Say why an instance type's GPUs cannot take a format, if they cannot."""
    least = _LEAST.get(quantization, 0)
    if compute_capability(instance_type) >= least:
        return None
    return (
        f"got {quantization!r}; on {instance_type} must be left out: the format needs a GPU of "
        f"compute capability {least / 10} or more"
    )


def quantization_note(quantization: str, instance_type: str) -> str | None:
    """Note that an instance type's GPUs only store a format, if so."""
    if quantization != "fp8" or compute_capability(instance_type) >= _COMPUTES_FP8:
        return None
    return (
        f"model.quantization: fp8 on {family(instance_type)}: weights are stored in 8 bits and "
        "computed in 16, so they take half the memory, and no less time; GPUs from compute "
        "capability 8.9 on (g6, g6e, g7, p5 and later) compute in 8 bits"
    )
