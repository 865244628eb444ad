"""Fits for people: a table over instances, and the sum on one of them."""

from __future__ import annotations

from rich.table import Table

from planner.fit.options import Option
from planner.hardware.catalogue import GIB
from planner.models.model import Model
from planner.prices.price_list import price_source


def model_lines(model: Model) -> list[str]:
    """Return what is known of the model, a line each."""
    counted = model.shape.parameters.total
    active = f", {model.active_parameters / 1e9:.1f} B a token" if model.shape.experts else ""
    bytes_from = "from the files' headers" if model.exact else "from the config's shapes"
    return [
        f"{model.name}: {counted / 1e9:.2f} B parameters{active}, {model.format.name}, "
        f"{model.weights_bytes / GIB:.2f} GiB of weights {bytes_from}",
        f"read from {model.source}; prices: {price_source()}",
        *(f"not understood: {text}" for text in model.shape.unknown),
    ]


def fit_table(options: list[Option]) -> Table:
    """Return a table with a row an instance type.

    GiB of weights, of overhead and of KV cache on one GPU; tokens of the cache on all; the largest
    context; requests at once; USD per million generated tokens.
    """
    shown = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    for head in ("instance", "GPUs"):
        shown.add_column(head, no_wrap=True)
    for head in ("GiB", "over", "KV", "tokens", "context", "n", "USD/M"):
        shown.add_column(head, justify="right", no_wrap=True)
    for option in options:
        shown.add_row(option.instance.name, _gpus(option), *_cells(option))
    return shown


def _gpus(option: Option) -> str:
    return f"{option.fit.gpus} {option.instance.gpu.name}"


def _cells(option: Option) -> list[str]:
    fit = option.fit
    sizes = [f"{size / GIB:.1f}" for size in (fit.weights, fit.overhead.total, max(0, fit.cache))]
    if fit.refusal:
        return [*sizes, "-", str(fit.largest_context or "-"), "no", "-"]
    usd = "-" if option.usd_per_million is None else f"{option.usd_per_million:.2f}"
    return [*sizes, str(fit.kv_tokens), str(fit.largest_context), str(option.concurrency), usd]


def sum_table(option: Option) -> Table:
    """Return the sum on one instance type, a line an addend."""
    fit, beside = option.fit, option.fit.overhead
    shown = Table(f"{option.instance.name}: {_gpus(option)}", "per GPU")
    for label, text in (
        ("usable", f"{fit.usable / GIB:.2f} GiB"),
        ("weights", f"{fit.weights / GIB:.2f} GiB"),
        (f"activations: {beside.decided_by}", f"{beside.activations / GIB:.2f} GiB"),
        ("outside torch", f"{beside.outside_torch / GIB:.2f} GiB"),
        ("CUDA graphs, estimated", f"{beside.graphs / GIB:.2f} GiB"),
        ("KV cache", f"{fit.cache / GIB:.2f} GiB"),
        ("KV cache, tokens of all GPUs", f"{fit.kv_tokens}"),
        (f"requests of {fit.context} tokens at once", f"{fit.concurrency:.2f}"),
        ("largest context", f"{fit.largest_context}"),
        ("requests at once, for the cost", f"{option.concurrency}"),
        *_latency(option),
    ):
        shown.add_row(label, text)
    return shown


def _latency(option: Option) -> list[tuple[str, str]]:
    if option.latency is None:
        return []
    usd = option.usd_per_million
    return [
        (
            "TTFT, TPOT there",
            f"{option.latency.first_token:.2f} s, {1000 * option.latency.per_token:.0f} ms",
        ),
        ("speed", option.speed),
        ("USD per million generated tokens", "no price" if usd is None else f"{usd:.2f}"),
    ]
