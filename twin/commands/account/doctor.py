"""The command that looks at an account before a deployment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Final

import boto3
import typer

from doctor.examination import CHECKS, FAILURES, NOTHING_SEEN, examine, exit_status
from doctor.findings import Finding, Outcome
from doctor.surroundings import Surroundings
from twin.commands.account import PANEL
from twin.commands.options import StageOption
from twin.commands.stages import stage_config, stage_region
from twin.environment import PROJECT
from twin.local.deployment import STAGE
from twin.local.running import local_cloud

_LABELS: Final[dict[Outcome, tuple[str, str]]] = {
    "ok": ("ok", "green"),
    "warning": ("warning", "yellow"),
    "failure": ("failure", "red"),
    "denied": ("not allowed to look", "magenta"),
}

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def doctor(stage: StageOption, *, as_json: AsJson = False) -> None:
    """Look at an account, read only, for what would fail a stage's deployment.

    Exit status: 0 nothing would, 1 something would, 3 nothing of the account may be looked at.
    """
    found = _json(stage) if as_json else [*_lines(stage)]
    if (status := exit_status(found)) != 0:
        raise typer.Exit(status)


def look_first(stage: str) -> None:
    """Look at the account before a deployment, which goes on unless something fails it.

    Raises:
        typer.Exit: Something does, with doctor's status.
    """
    if exit_status(_lines(stage)) == FAILURES:
        typer.echo("nothing was deployed; --skip-doctor deploys all the same", err=True)
        raise typer.Exit(FAILURES)


def tell_of_skipping() -> None:
    """Say what nobody has looked at."""
    typer.echo(f"doctor is skipped: {', '.join(check.name for check in CHECKS)}", err=True)


def _lines(stage: str) -> Iterator[Finding]:
    """Print findings as they come, and a last line with the counts."""
    found = []
    for finding in _examine(stage):
        label, colour = _LABELS[finding.outcome]
        typer.echo(f"{typer.style(f'{label:20}', fg=colour)}{finding.check:14}{finding.message}")
        if finding.remedy:
            typer.echo(f"{'':34}-> {finding.remedy}")
        found.append(finding)
        yield finding
    counts = {label: sum(f.outcome == o for f in found) for o, (label, _) in _LABELS.items()}
    typer.echo(", ".join(f"{count} {label}" for label, count in counts.items()))
    if exit_status(found) == NOTHING_SEEN:
        typer.echo("these credentials may not look at anything in the account", err=True)


def _json(stage: str) -> list[Finding]:
    found = [*_examine(stage)]
    told = {
        "stage": stage,
        "status": exit_status(found),
        "findings": [asdict(finding) for finding in found],
    }
    typer.echo(json.dumps(told, indent=2))
    return found


def _examine(stage: str) -> Iterator[Finding]:
    config = stage_config(stage)
    if stage == STAGE:
        cloud = local_cloud()
        around = Surroundings(cloud.session, PROJECT, cloud.settings.origin)
    else:
        around = Surroundings(boto3.Session(region_name=stage_region(stage)), PROJECT)
    return examine(around, config)
