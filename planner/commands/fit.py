"""The command `twin plan fit`: memory, context, concurrency and cost of a model on instances."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.commands.refusals import named_errors
from planner.errors import PlanError

if TYPE_CHECKING:
    from planner.fit.options import Option
    from planner.models.model import Model


def fit_model(
    model: Annotated[str, typer.Argument(help="name, directory, GGUF file or hub id")],
    instance: Annotated[str | None, typer.Option(help="one instance type, with the sum")] = None,
    config: Annotated[Path | None, typer.Option(help="config.json of the model")] = None,
    quantization: Annotated[str | None, typer.Option(help="fp8, awq, w8a8, ...")] = None,
    tp: Annotated[int | None, typer.Option(help="GPUs that share the model; all")] = None,
    context: Annotated[int | None, typer.Option(help="most tokens of a request")] = None,
    max_num_seqs: Annotated[int | None, typer.Option(help="sequences decoded at once")] = None,
    max_num_batched_tokens: Annotated[int | None, typer.Option(help="tokens of a step")] = None,
    gpu_memory_utilization: Annotated[float, typer.Option(help="share of the memory")] = 0.9,
    kv_cache_dtype: Annotated[str, typer.Option(help="auto, bfloat16 or fp8")] = "auto",
    engine_version: Annotated[str | None, typer.Option(help="of vLLM, 0.7 to 0.30")] = None,
    eager: Annotated[bool, typer.Option(help="no CUDA graphs")] = False,
    tokens_in: Annotated[int | None, typer.Option(help="of a request, for the cost; 1024")] = None,
    tokens_out: Annotated[int | None, typer.Option(help="of a request, for the cost; 256")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Say where a model fits: weights, KV cache, overhead, context, concurrency, dollars."""
    from planner.fit.flags import VERSION, EngineFlags, known_version
    from planner.fit.options import options, with_gpus
    from planner.hardware.catalogue import instance_type, instance_types
    from planner.models.quantization import known_format
    from planner.models.sources import find_model

    with named_errors():
        flags = EngineFlags(
            gpu_memory_utilization=gpu_memory_utilization,
            max_num_seqs=max_num_seqs,
            max_num_batched_tokens=max_num_batched_tokens,
            max_model_len=context,
            kv_cache_dtype=kv_cache_dtype,
            version=known_version(engine_version) if engine_version else VERSION,
            enforce_eager=eager,
        )
        found = find_model(model, config=config, online=True)
        if quantization is not None:
            found = found.quantized(known_format(quantization))
        instances = [instance_type(instance)] if instance else with_gpus(tp)
        shown = options(found, instances, flags, gpus=tp, tokens=(tokens_in, tokens_out))
        if instance and shown[0].fit.refusal and not as_json:
            offers = options(found, instance_types(), flags, tokens=(tokens_in, tokens_out))
            raise PlanError(_refused(found, shown[0], offers))
    if as_json:
        typer.echo(json.dumps(_document(found, shown), indent=2))
    else:
        _show(found, shown, detailed=instance is not None)


def _refused(model: Model, option: Option, offers: list[Option]) -> str:
    fits = [offer.instance.name for offer in offers if not offer.fit.refusal]
    longest = option.fit.largest_context
    shorter = f"a context of {longest} tokens, " if 1024 <= longest < option.fit.context else ""
    return (
        f"{model.name} does not fit {option.instance.name}: {option.fit.refusal}; must be {shorter}"
        f"a quantized model, or one of {', '.join(fits) or 'none: no instance type holds it'}"
    )


def _document(model: Model, options: list[Option]) -> dict[str, object]:
    from planner.fit.options import as_document

    return as_document(model, options)


def _show(model: Model, shown: list[Option], *, detailed: bool) -> None:
    from rich.console import Console

    from planner.report.fits import fit_table, model_lines, sum_table

    console = Console(markup=False)
    for line in model_lines(model):
        console.print(line, highlight=False)
    console.print(sum_table(shown[0]) if detailed else fit_table(shown))
    if all(option.fit.refusal for option in shown):
        largest = max(shown, key=lambda option: option.fit.usable * option.fit.gpus)
        console.print(f"fits none; on {largest.instance.name}: {largest.fit.refusal}")
