"""The command `twin plan calibrate`: a speed fitted to a measurement of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from planner.commands.refusals import check_new_file, named_errors


def calibrate_speed(
    results: Annotated[
        list[Path], typer.Argument(help="CSV, or JSON of GuideLLM, AIPerf or vllm bench serve")
    ],
    model: Annotated[str, typer.Option(help="name, directory, GGUF file or hub id")],
    instance: Annotated[str, typer.Option(help="instance type that was measured")],
    config: Annotated[Path | None, typer.Option(help="config.json of the model")] = None,
    quantization: Annotated[str | None, typer.Option(help="fp8, awq, w8a8, ...")] = None,
    tp: Annotated[int | None, typer.Option(help="GPUs that share the model; all")] = None,
    max_num_seqs: Annotated[int | None, typer.Option(help="sequences decoded at once")] = None,
    prefix_cached: Annotated[float, typer.Option(help="share of prompts in the prefix cache")] = 0,
    out: Annotated[Path | None, typer.Option(help="file for `simulate --speeds`")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Fit the speed of a model on an instance to a closed-loop run, and say the error."""
    from planner.fit.calibrated import calibrated
    from planner.fit.flags import EngineFlags
    from planner.hardware.saved import to_toml
    from planner.models.quantization import known_format
    from planner.models.sources import find_model
    from planner.workload.runs import read_runs

    with named_errors():
        check_new_file(out)
        found = find_model(model, config=config, online=True)
        if quantization is not None:
            found = found.quantized(known_format(quantization))
        flags = EngineFlags(max_num_seqs=max_num_seqs)
        points = [point for path in results for point in read_runs(path)]
        result = calibrated(found, instance, points, flags, gpus=tp, cached=prefix_cached)
        text = to_toml(found, instance, result.speed, result.error)
        if out is not None:
            out.write_text(text, encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(result.document(), indent=2))
        return
    from rich.console import Console

    from planner.report.levels import level_table

    console = Console(markup=False)
    console.print(level_table(result))
    console.print(result.error)
    typer.echo(f"speeds: {out}" if out else f"\n{text}", nl=bool(out))
