"""Instance types side by side for one model: the fit, the speed at full load and its cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import floor
from typing import Any

from planner.errors import PlanError
from planner.fit.flags import EngineFlags
from planner.fit.memory import Fit
from planner.fit.serving import serve
from planner.hardware.catalogue import Instance, instance_types
from planner.hardware.latency import Latency, closed_loop
from planner.models.model import Model
from planner.prices.price_list import price_source

_HOUR = 3600
_USUAL = (1024, 256)
_MOST_TOKENS = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Option:
    """A model on an instance type, kept busy by requests of one shape.

    Attributes:
        instance: that serves.
        fit: in memory.
        concurrency: requests in flight that its cache and max_num_seqs hold; 0 where none fit.
        latency: of a request at that concurrency; None where none fit.
        usd_per_million: USD per million generated tokens at that concurrency; None without a price.
        speed: where the speed comes from, in words.
    """

    instance: Instance
    fit: Fit
    concurrency: int
    latency: Latency | None
    usd_per_million: float | None
    speed: str


def options(
    model: Model,
    instances: Iterable[Instance],
    flags: EngineFlags,
    *,
    gpus: int | None = None,
    tokens: tuple[int | None, int | None] = (None, None),
) -> list[Option]:
    """Return an option for each instance type, in the order given.

    Args:
        model: to serve.
        instances: types to try.
        flags: of the engine.
        gpus: that share the model; None is all of each instance's.
        tokens: of a request, in and out, each 1 to 10,000,000; None is 1,024 and 256, or less where
            the context is shorter.

    Raises:
        PlanError: the tokens are others, or the model was made for a shorter context.
    """
    if flags.max_model_len is not None:
        model.check_context(flags.max_model_len)
    sizes = _sizes(tokens, flags.max_model_len or model.shape.context_length)
    return [_option(model, instance, flags, gpus, sizes) for instance in instances]


def _sizes(asked: tuple[int | None, int | None], longest: int | None) -> tuple[int, int]:
    """Return the tokens of a request, in and out, within the context.

    Raises:
        PlanError: those that are asked for are not.
    """
    usual = _USUAL
    if longest is not None and sum(usual) > longest:
        usual = max(1, longest * 3 // 4), max(1, longest // 4)
    context = usual[0] if asked[0] is None else asked[0]
    generated = usual[1] if asked[1] is None else asked[1]
    got = f"tokens: got {context} in, {generated} out; must be"
    if not (1 <= context <= _MOST_TOKENS and 1 <= generated <= _MOST_TOKENS):
        raise PlanError(f"{got} 1 to {_MOST_TOKENS} each")
    if longest is not None and context + generated > longest and asked != (None, None):
        raise PlanError(f"{got} at most the context of {longest} together")
    return context, generated


def with_gpus(gpus: int | None) -> list[Instance]:
    """Return the instance types with at least so many GPUs.

    Raises:
        PlanError: none has as many.
    """
    found = [instance for instance in instance_types() if instance.gpus >= (gpus or 1)]
    if not found or (gpus is not None and gpus < 1):
        most = max(instance.gpus for instance in instance_types())
        raise PlanError(f"GPUs: got {gpus}; must be 1 to {most}")
    return found


def _option(
    model: Model, instance: Instance, flags: EngineFlags, gpus: int | None, tokens: tuple[int, int]
) -> Option:
    serving = serve(model, instance, flags, gpus=gpus)
    speed, total = serving.speed, sum(tokens)
    held = 0 if serving.fit.refusal else min(speed.slots, floor(speed.kv_tokens / total))
    latency = closed_loop(speed, held, *tokens) if held else None
    usd = None
    if latency is not None and instance.usd_per_hour is not None:
        made = held * tokens[1] / latency.end_to_end * _HOUR
        usd = instance.usd_per_hour / made * 1e6
    return Option(
        instance=instance,
        fit=serving.fit,
        concurrency=held,
        latency=latency,
        usd_per_million=usd,
        speed=speed.source,
    )


def as_document(model: Model, found: list[Option]) -> dict[str, Any]:
    """Return options as types that JSON has; bytes are of one GPU."""
    return {
        "model": {
            "name": model.name,
            "source": model.source,
            "parameters": model.shape.parameters.total,
            "active_parameters": round(model.active_parameters),
            "weights_bytes": model.weights_bytes,
            "exact": model.exact,
            "quantization": model.format.name,
            "not_understood": list(model.shape.unknown),
        },
        "prices": price_source(),
        "options": [_document(option) for option in found],
    }


def _document(option: Option) -> dict[str, Any]:
    fit = option.fit
    return {
        "instance": option.instance.name,
        "gpu": option.instance.gpu.name,
        "gpus": fit.gpus,
        "fits": fit.refusal is None,
        "refusal": fit.refusal,
        "weights_bytes": round(fit.weights),
        "overhead_bytes": {
            "activations": round(fit.overhead.activations),
            "outside_torch": round(fit.overhead.outside_torch),
            "cuda_graphs": round(fit.overhead.graphs),
        },
        "usable_bytes": round(fit.usable),
        "kv_cache_bytes": round(max(0.0, fit.cache)),
        "kv_tokens": fit.kv_tokens,
        "context": fit.context,
        "largest_context": fit.largest_context,
        "concurrency_at_full_context": round(fit.concurrency, 2),
        "concurrency": option.concurrency,
        "latency": asdict(option.latency) if option.latency else None,
        "speed": option.speed,
        "usd_per_hour": option.instance.usd_per_hour,
        "usd_per_million_generated_tokens": option.usd_per_million,
    }
