"""The command that quantizes a model: a GGUF file here, a checkpoint by a GPU of SageMaker's."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.commands.model_bucket import opened_bucket, transferring
from twin.commands.options import StageOption
from twin.commands.stages import stage_session
from twin.errors import UserError, as_user_error
from twin.progress import errors, step

if TYPE_CHECKING:
    from model_artifacts.evaluation.report import QuantizationReport
    from model_artifacts.gguf.quantize import Fallback

app = typer.Typer()


@app.command()
def quantize(
    model: Annotated[
        Path,
        typer.Argument(metavar="FILE.gguf|DIR", help="A GGUF file; with --on a checkpoint."),
    ],
    *,
    preset: Annotated[
        str, typer.Option(help="Such as Q4_K_M; another is told what there are. With --on: w4a16.")
    ],
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Directory of file and report.")
    ] = None,
    text: Annotated[
        Path | None,
        typer.Option(
            help="Text that the model was not trained on; without one, no report. With --on: "
            "calibrates."
        ),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Of llama.cpp.")] = os.cpu_count() or 1,
    on: Annotated[
        str | None, typer.Option(metavar="INSTANCE", help="Type of a processing job's instance.")
    ] = None,
    role: Annotated[str | None, typer.Option(help="ARN of that job's role.")] = None,
    stage: StageOption = "local",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Quantize a GGUF file and measure what was lost, or start a job that makes w4a16."""
    if on is not None:
        _start(model, preset, text, on, role, stage, as_json=as_json)
    elif out is None:
        raise UserError("out: missing; must be a directory for FILE-PRESET.gguf and report.json")
    else:
        _quantize_here(model, preset, out, text, threads, as_json=as_json)


def _quantize_here(
    model: Path, preset: str, out: Path, text: Path | None, threads: int, *, as_json: bool
) -> None:
    from model_artifacts.evaluation import measure
    from model_artifacts.evaluation.report import FILE
    from model_artifacts.gguf.logits import LogitsError
    from model_artifacts.gguf.quantize import QuantizationError
    from model_artifacts.gguf.quantize import quantize as quantize_file
    from model_artifacts.gguf.target import UnwritableTargetError
    from model_artifacts.gguf.wheel import WheelError

    target = out / f"{model.stem}-{preset}.gguf"
    with as_user_error(
        LogitsError, QuantizationError, UnwritableTargetError, WheelError, measure.MeasurementError
    ):
        if text is not None:
            measure.read_text(text)  # not found out after the work
        with as_user_error(OSError):
            out.mkdir(parents=True, exist_ok=True)
        with step(f"Quantize to {preset}", errors):
            fallbacks = quantize_file(model, target, preset)
        _tell(fallbacks)
        if text is None:
            typer.echo(json.dumps({"file": str(target)}) if as_json else str(target))
            return
        with step("Measure", errors) as detail:
            report = measure.measure(
                *(model, target, text),
                preset=preset,
                fallbacks=fallbacks,
                threads=threads,
                progress=lambda share: detail(f"{share:.0%}"),
            )
    report.write(out / FILE)
    typer.echo(report.model_dump_json(indent=2) if as_json else _summary(report, target))


def _start(
    model: Path,
    preset: str,
    text: Path | None,
    instance_type: str,
    role: str | None,
    stage: str,
    *,
    as_json: bool,
) -> None:
    """Push a checkpoint and start the job that quantizes it."""
    from model_artifacts.inspection.errors import InspectionError
    from model_artifacts.inspection.report import inspect_checkpoint
    from model_artifacts.packaging.manifest import Manifest
    from model_artifacts.publishing.errors import PublishingError
    from model_artifacts.screening.errors import ScreeningError
    from model_artifacts.screening.screen import screen
    from twin.lifecycle.gpu_quantization import PRESET, start

    if preset != PRESET:
        raise UserError(f"preset: got {preset!r}; must be {PRESET} with --on")
    if text is None or not text.is_file():
        raise UserError(f"text: got {text}; must be a file with --on, which calibrates on it")
    if role is None:
        raise UserError("role: missing; must be the ARN of the job's role with --on")
    with as_user_error(InspectionError, PublishingError, ScreeningError):
        screen(model)
        if (found := inspect_checkpoint(model).quantization) is not None:
            raise UserError(f"{model}: got weights in {found}; must be floats")
        size = sum(path.stat().st_size for path in Manifest.of(model).files.values())
        with transferring("push", size) as advance:
            started = start(
                model,
                text,
                opened_bucket(stage),
                stage_session(stage).client("sagemaker"),
                instance_type=instance_type,
                role=role,
                progress=advance,
            )
    typer.echo(json.dumps(vars(started)) if as_json else f"{started.job}\n{started.output}")


def _tell(fallbacks: Iterable[Fallback]) -> None:
    for found in fallbacks:
        rows = f"{found.tensor} has rows of {found.row}"
        typer.echo(f"note: {rows}: {found.used} in place of {found.wanted}", err=True)


def _summary(report: QuantizationReport, target: Path) -> str:
    source, made = report.source, report.target
    return "\n".join(
        (
            f"KL divergence      {report.kl_mean:.4f} mean, {report.kl_p99:.3f} 99th percentile",
            f"same top token     {report.same_top:.1%} of {report.text.scored:,}",
            f"perplexity         {made.perplexity:.2f} (source: {source.perplexity:.2f})",
            f"size               {made.size:,} bytes (source: {source.size:,})",
            f"bits per weight    {made.bits_per_weight:.2f}",
            f"tokens per second  {report.tokens_per_second:,.0f}, {report.threads} threads",
            f"peak memory        {report.peak_memory_bytes:,} bytes",
            str(target),
        )
    )
