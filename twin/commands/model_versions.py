"""Commands on the versions of a model: register, list, show, compare, approve, reject."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.commands.options import StageOption
from twin.commands.stages import model_stage
from twin.errors import UserError, as_user_error

if TYPE_CHECKING:
    from model_artifacts.registry.version import Status, Version
    from twin.lifecycle.shadow import Comparison

app = typer.Typer()

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Number = Annotated[int, typer.Argument(metavar="VERSION", help="Number of a version.")]
OptionalNumber = Annotated[
    int | None, typer.Argument(metavar="VERSION", help="Number of a version.", show_default=False)
]
Reason = Annotated[str, typer.Option(help="Why; kept with the version.")]


@app.command()
def register(
    directory: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Pushed before.")],
    *,
    stage: StageOption = "local",
    report: Annotated[
        Path | None,
        typer.Option(help="Measurements of `twin model quantize`."),
    ] = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Register unmeasured.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a pushed model a version that waits for approval; prints GROUP/VERSION."""
    from model_artifacts.evaluation.report import ReportError
    from model_artifacts.inspection.errors import InspectionError
    from model_artifacts.publishing.errors import PublishingError
    from model_artifacts.registry.errors import RegistryError
    from twin.lifecycle.registering import register as register_model

    if (report is None) != no_report:
        raise UserError("report: must be given once, as --report FILE or --no-report")
    with as_user_error(InspectionError, PublishingError, RegistryError, ReportError):
        version, is_new = register_model(model_stage(stage), directory, report)
    if version.commit.endswith("-dirty"):
        typer.echo("note: the checkout has changes that no commit has", err=True)
    group = version.arn.split("/")[-2]
    if as_json:
        typer.echo(json.dumps({**version.plain(), "is_new": is_new}))
    elif is_new:
        typer.echo(f"{group}/{version.number}, {version.status}")
    else:
        typer.echo(f"{group}/{version.number}, already there, {version.status}")


@app.command("list")
def list_versions(*, stage: StageOption = "local", as_json: AsJson = False) -> None:
    """List the versions, the newest first; * marks the one that serves, s the one that shadows."""
    from model_artifacts.registry.errors import RegistryError

    with as_user_error(RegistryError):
        opened = model_stage(stage)
        found, served = opened.versions.all(), opened.served() or ""
        shadow = opened.shadowed_by() or ""
    if as_json:
        typer.echo(json.dumps([version.plain() for version in found]))
        return
    for version in found:
        marks = {"*": served, "s": shadow}
        mark = next((k for k, named in marks.items() if named.startswith(f"{version.arn},")), " ")
        day = f"{version.created:%Y-%m-%d %H:%M}"
        size = version.metadata.get("quantization", "")
        line = f"{mark} {version.number:4}  {version.status:22} {day}  {size:8} {version.reason}"
        typer.echo(line.rstrip())


@app.command()
def show(version: Number, *, stage: StageOption = "local", as_json: AsJson = False) -> None:
    """Show a version, with all that the registry knows of it."""
    found = _find(stage, version).plain()
    typer.echo(json.dumps(found, indent=2) if as_json else _table(found))


@app.command()
def compare(
    first: OptionalNumber = None,
    second: OptionalNumber = None,
    *,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="The one that shadows with the one that serves.")
    ] = False,
    stage: StageOption = "local",
    as_json: AsJson = False,
) -> None:
    """Compare two versions: what differs between them, or with --shadow how they answered."""
    if shadow and first is None:
        _compare_shadow(stage, as_json=as_json)
        return
    if shadow or first is None or second is None:
        raise UserError("version: must be given twice, or --shadow alone")
    sides = [_flat(_find(stage, number).plain()) for number in (first, second)]
    keys = [key for key in {**sides[0], **sides[1]} if sides[0].get(key) != sides[1].get(key)]
    differing = {key: [side.get(key) for side in sides] for key in keys}
    if as_json:
        typer.echo(json.dumps(differing, indent=2))
        return
    for key, (left, right) in differing.items():
        typer.echo(f"{key:16}{left}  ->  {right}")


@app.command()
def approve(
    version: Number,
    *,
    reason: Reason,
    stage: StageOption = "local",
    again: Annotated[bool, typer.Option("--again", help="Though it was rejected.")] = False,
    as_json: AsJson = False,
) -> None:
    """Approve a version, which rolls it out where config says so."""
    found = _find(stage, version)
    if found.status == "Rejected" and not again:
        raise UserError(
            f"version {version}: is Rejected ({found.reason}); must be approved with --again"
        )
    _decide(stage, found, "Approved", reason, as_json=as_json)


@app.command()
def reject(
    version: Number, *, reason: Reason, stage: StageOption = "local", as_json: AsJson = False
) -> None:
    """Reject a version; the one that serves is rolled back where config says so."""
    _decide(stage, _find(stage, version), "Rejected", reason, as_json=as_json)


def _find(stage: str, number: int) -> Version:
    from model_artifacts.registry.errors import RegistryError

    with as_user_error(RegistryError):
        return model_stage(stage).versions.find(number)


def _decide(stage: str, version: Version, status: Status, reason: str, *, as_json: bool) -> None:
    opened = model_stage(stage)
    opened.versions.decide(version, status, reason=reason, by=opened.identity["Arn"])
    if as_json:
        typer.echo(json.dumps(opened.versions.find(version.number).plain()))
    else:
        typer.echo(f"version {version.number}: {status}")


def _flat(plain: dict[str, Any]) -> dict[str, Any]:
    return {**{k: v for k, v in plain.items() if k != "metadata"}, **plain["metadata"]}


def _table(plain: dict[str, Any]) -> str:
    return "\n".join(f"{key:16}{value}" for key, value in _flat(plain).items())


def _compare_shadow(stage: str, *, as_json: bool) -> None:
    """Print how the shadow of a stage compares with the version that serves."""
    from twin.lifecycle.shadow import compare_shadow

    found = compare_shadow(model_stage(stage))
    if as_json:
        plain = {
            "serving": found.serving,
            "shadow": found.shadow.version.number,
            "share": found.shadow.share,
            "since": found.since.isoformat(),
            "metrics": [dataclasses.asdict(each) for each in found.metrics],
            **dataclasses.asdict(found.agreement),
        }
        typer.echo(json.dumps(plain, indent=2))
    else:
        typer.echo("\n".join(_compared(found)))


def _compared(found: Comparison) -> list[str]:
    serving, shadow = found.metrics
    answers = found.agreement
    lengths = (answers.serving_characters, answers.shadow_characters)
    rows = [
        ("version", str(found.serving), str(found.shadow.version.number)),
        ("requests", f"{serving.requests:,}", f"{shadow.requests:,}"),
        ("errors", f"{serving.errors:,}", f"{shadow.errors:,}"),
        ("latency, mean", _seconds(serving.latency_mean), _seconds(shadow.latency_mean)),
        ("latency, p90", _seconds(serving.latency_p90), _seconds(shadow.latency_p90)),
        ("first chunk, p90", _seconds(serving.first_chunk_p90), _seconds(shadow.first_chunk_p90)),
        ("answer, characters", *(f"{length:.1f}" for length in lengths)),
    ]
    return [
        f"{found.shadow} shadows since {found.since.astimezone():%Y-%m-%d %H:%M:%S}",
        f"{'':22}{'serves':>12}{'shadows':>12}",
        *(f"{name:22}{left:>12}{right:>12}" for name, left, right in rows),
        f"{answers.pairs:,} pairs: {answers.equal:.1%} equal, {answers.equal_normalised:.1%} but "
        "for case and blanks",
    ]


def _seconds(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f} s"
