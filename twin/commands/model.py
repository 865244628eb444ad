"""Commands on model files of this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer

from twin.commands import model_bucket, model_quantize, model_rollout, model_versions
from twin.errors import as_user_error

if TYPE_CHECKING:
    pass

PANEL: Final = "A model"
"""The heading of these commands in `twin --help`."""

app = typer.Typer(
    help="Models: measured, registered, approved, rolled out and back.", no_args_is_help=True
)
app.add_typer(model_quantize.app)
app.add_typer(model_bucket.app)
app.add_typer(model_versions.app)
app.add_typer(model_rollout.app)

ModelPath = Annotated[
    Path, typer.Argument(metavar="DIR|FILE.gguf", help="A checkpoint's directory, or a GGUF file.")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def inspect(model: ModelPath, *, as_json: AsJson = False) -> None:
    """Describe a model by its headers; refuse files that could run code."""
    from model_artifacts.inspection.errors import InspectionError
    from model_artifacts.screening.errors import ScreeningError

    with as_user_error(InspectionError, ScreeningError):
        facts = _facts(model)
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        typer.echo(f"{name.replace('_', ' '):22}{_spelled(value)}")


@app.command()
def convert(
    checkpoint: Annotated[Path, typer.Argument(metavar="DIR", help="Of config.json and weights.")],
    *,
    out: Annotated[Path, typer.Option(dir_okay=False, help="GGUF file to write.")],
    name: Annotated[str | None, typer.Option(help="The directory's, unless given.")] = None,
    license_: Annotated[str | None, typer.Option("--license", help="SPDX identifier.")] = None,
    description: Annotated[str | None, typer.Option(help="One sentence.")] = None,
    as_json: AsJson = False,
) -> None:
    """Convert a checkpoint of Llama, Mistral, Qwen2 or Qwen3 to GGUF, in 16 bits."""
    from model_artifacts.gguf.convert import ModelInfo
    from model_artifacts.gguf.convert import convert as convert_checkpoint
    from model_artifacts.gguf.errors import UnsupportedCheckpointError
    from model_artifacts.gguf.target import UnwritableTargetError
    from model_artifacts.inspection.errors import InspectionError
    from model_artifacts.inspection.model_card import read_license
    from model_artifacts.screening.errors import ScreeningError
    from model_artifacts.screening.screen import screen

    with as_user_error(
        InspectionError, ScreeningError, UnsupportedCheckpointError, UnwritableTargetError
    ):
        screen(checkpoint)
        stated = license_ or read_license(checkpoint)
        info = ModelInfo(name or checkpoint.resolve().name, stated, description)
        notes = convert_checkpoint(checkpoint, out, info)
    for note in notes:
        typer.echo(f"note: {note}", err=True)
    if as_json:
        typer.echo(json.dumps({"file": str(out), "size": out.stat().st_size, "notes": notes}))
    else:
        typer.echo(str(out))


@app.command()
def convert_adapter(
    adapter: Annotated[Path, typer.Argument(metavar="DIR", help="Of adapter_config.json.")],
    *,
    out: Annotated[Path, typer.Option(dir_okay=False, help="GGUF file to write.")],
    base: Annotated[
        Path | None,
        typer.Option(
            help="The model's directory; the one adapter_config.json names, unless given."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Convert a LoRA adapter of PEFT's to GGUF, for the model that it was trained on."""
    from model_artifacts.adapters.convert import convert_adapter as convert_directory
    from model_artifacts.gguf.errors import UnsupportedCheckpointError
    from model_artifacts.gguf.target import UnwritableTargetError

    with as_user_error(UnsupportedCheckpointError, UnwritableTargetError):
        convert_directory(adapter, out, base)
    size = out.stat().st_size
    typer.echo(json.dumps({"file": str(out), "size": size}) if as_json else str(out))


def _facts(model: Path) -> dict[str, Any]:
    from model_artifacts.inspection.model_card import read_license
    from model_artifacts.inspection.report import inspect_model
    from model_artifacts.screening.screen import screen
    from stacks.engines import ENGINES

    screen(model)
    report = inspect_model(model)
    pattern = "*.gguf" if report.format == "gguf" else "*.safetensors"
    return {
        "path": str(report.path),
        "format": report.format,
        "architecture": report.architecture,
        "parameters": report.parameters,
        "weights_bytes": report.weights_bytes,
        "dtypes": list(report.bytes_by_dtype),
        "quantization": report.quantization,
        "context_length": report.context_length,
        "vocabulary": report.vocabulary,
        "kv_bytes_per_token": report.kv_cache.bytes_per_token() if report.kv_cache else None,
        "license": read_license(model),
        "runs_own_code": report.custom_code,
        "engines": [name for name, engine in ENGINES.items() if engine.weights == pattern],
    }


def _spelled(value: object) -> str:
    match value:
        case None:
            return "not said"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case list():
            return ", ".join(map(str, value))
    return str(value)
