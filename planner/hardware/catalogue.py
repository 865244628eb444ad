"""The catalogue: instances, models and speeds by name, from catalogue.toml."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from planner.errors import PlanError
from planner.hardware.throughput import BANDWIDTH_SHARE, COMPUTE_SHARE, SLOTS, Speed, fit

GIB = 2**30
# vLLM's default share of the GPU's memory, and what CUDA graphs and activations take of it.
# https://docs.vllm.ai/en/latest/configuration/engine_args.html
_MEMORY_SHARE = 0.9
_OVERHEAD_GIB = 1.75


@dataclass(frozen=True)
class Delay:
    """Seconds until capacity is in service: lognormal around a median.

    Attributes:
        median: seconds.
        spread: standard deviation of the logarithm; 0 is always the median.
    """

    median: float
    spread: float


@cache
def _tables() -> dict[str, Any]:
    text = resources.files("planner").joinpath("catalogue.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _lookup(table: str, name: str) -> dict[str, Any]:
    entries: dict[str, dict[str, Any]] = _tables()[table]
    if name not in entries:
        raise PlanError(f"{table}: got {name!r}; {_suggest(name, entries)}")
    return entries[name]


def _suggest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}" if near else f"must be one of {', '.join(known)}"


def price(instance: str) -> float:
    """Return USD per hour of one instance.

    Raises:
        PlanError: it is not in the catalogue.
    """
    return float(_lookup("instances", instance)["usd_per_hour"])


def gpus(instance: str) -> int:
    """Return the GPUs of one instance.

    Raises:
        PlanError: it is not in the catalogue.
    """
    return int(_lookup("instances", instance)["gpus"])


def provisioning(kind: str) -> Delay:
    """Return the delay of a kind of start: cached, uncached or from-zero."""
    return Delay(**_lookup("provisioning", kind))


def measurements() -> list[dict[str, Any]]:
    """Return the published tables behind the measured speeds."""
    rows: list[dict[str, Any]] = _tables()["measured"]
    return rows


def speed(model: str, instance: str, *, slots: int = SLOTS, context_length: int = 16_384) -> Speed:
    """Return how fast an instance serves a model.

    Args:
        model: name in the catalogue.
        instance: SageMaker instance type.
        slots: sequences decoded at once.
        context_length: most tokens of one request; its KV cache must fit.

    Raises:
        PlanError: unknown names, or a model that does not fit the instance.
    """
    weights, kv_bytes = (_lookup("models", model)[key] for key in ("weights_gb", "kv_bytes"))
    machine = _lookup("instances", instance)
    gpu, count = _tables()["gpus"][machine["gpu"]], machine["gpus"]
    kv_tokens = _kv_tokens(model, instance, context_length)
    bandwidth = gpu["bandwidth_gb"] * 1e9 * count * BANDWIDTH_SHARE
    kv_token = kv_bytes / bandwidth
    for row in measurements():
        if (row["model"], row["instance"]) == (model, instance):
            prefill, step, sequence = fit(tuple(row["seconds"]), kv_token)
            break
    else:
        flops = gpu["tflops"] * 1e12 * count * COMPUTE_SHARE
        prefill = 2e9 * _lookup("models", model)["parameters_b"] / flops
        step, sequence = weights * 1e9 / bandwidth, 0.0
    return Speed(
        prefill=prefill,
        step=step,
        sequence=sequence,
        kv_token=kv_token,
        slots=slots,
        kv_tokens=kv_tokens,
        measured=any((r["model"], r["instance"]) == (model, instance) for r in measurements()),
    )


def _kv_tokens(model: str, instance: str, context_length: int) -> int:
    """Return the tokens whose KV cache fits beside the weights, shared evenly by the GPUs."""
    sizes, machine = _lookup("models", model), _lookup("instances", instance)
    count = machine["gpus"]
    memory = _tables()["gpus"][machine["gpu"]]["memory_gib"] * count * GIB * _MEMORY_SHARE
    free = memory - sizes["weights_gb"] * 1e9 - _OVERHEAD_GIB * count * GIB
    tokens = int(free / sizes["kv_bytes"])
    if tokens < context_length:
        needed = sizes["weights_gb"] * 1e9 + context_length * sizes["kv_bytes"]
        raise PlanError(
            f"model {model!r} does not fit {instance}: weights and {context_length} tokens of KV "
            f"cache take {needed / GIB:.1f} GiB, {(memory / GIB) - _OVERHEAD_GIB * count:.1f} GiB "
            "are usable; must be a larger instance, a quantized model or a shorter context"
        )
    return tokens
