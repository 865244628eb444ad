"""A model in a function's memory: size, speed and start, none of them measured on Lambda."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.models.model import Model
from planner.models.quantization import FORMATS, known_format

MEMORY_MB = 10_240
"""Memory of the function: the most that Lambda has, and so the most CPU."""

_BYTES_PER_SECOND = 3.83e9 / 0.3
"""Bytes of weights that are read a second: a 7B in 4 bits, 3.83 GB, at over 300 ms a token with
10 GB on x86_64 in 2023, the one published figure."""

_NETWORK = 75e6
"""Bytes a second from S3: https://github.com/sjakthol/aws-network-benchmark"""

_START_SECONDS = 2.5
"""Start of the service and of the engine with weights of 4 MB: docs/benchmarks.md."""

_PROMPT_SHARE = 0.5
"""Time of a token of the prompt, in that of a token of the answer: docs/benchmarks.md."""

_GGUF = (("Q4_K_M", 4.85 / 8), ("Q8_0", 8.5 / 8), ("BF16", 2.0))
"""Formats by bytes of a weight: github.com/ggml-org/llama.cpp, tools/quantize/README.md."""


@dataclass(frozen=True, kw_only=True)
class FunctionModel:
    """A model as a function with 10,240 MB holds it.

    Attributes:
        format: of the GGUF file.
        weights_bytes: of the file.
        per_token: seconds per token of an answer.
        per_prompt_token: seconds per token of a prompt.
        start: seconds from the request that finds no environment to a loaded model.
    """

    format: str
    weights_bytes: float
    per_token: float
    per_prompt_token: float
    start: float


def function_model(model: Model, evaluated: Sequence[str]) -> FunctionModel:
    """Return a model in the smallest of the GGUF formats that answers were found good enough in.

    Args:
        model: as it is stored.
        evaluated: formats of quantized weights whose answers were evaluated.
    """
    counted = model.shape.parameters
    if model.format.name in FORMATS:
        # A format for GPUs stands for the nearest GGUF that is no coarser.
        good = (model.format, *map(known_format, evaluated))
        smallest = min(each.weight_bytes for each in good)
        name, width = next((name, width) for name, width in _GGUF if width >= smallest)
    else:
        name, width = model.format.name, model.weights_bytes / counted.total
    active = counted.total - counted.experts * (1 - model.active_share)
    per_token = active * width / _BYTES_PER_SECOND
    return FunctionModel(
        format=name,
        weights_bytes=counted.total * width,
        per_token=per_token,
        per_prompt_token=per_token * _PROMPT_SHARE,
        start=_START_SECONDS + counted.total * width / _NETWORK,
    )
