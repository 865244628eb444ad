"""Commands on the rollouts of a stage: rollout, rollback, shadow, history."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from twin.commands.options import StageOption
from twin.commands.stages import model_stage
from twin.errors import UserError, as_user_error

if TYPE_CHECKING:
    from lambda_api.rollouts.schemas import Rollout
    from twin.lifecycle.rollouts import Rollouts

app = typer.Typer()

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Follow = Annotated[bool, typer.Option("--follow", help="Tell each step; the status says the end.")]


@app.command()
def rollout(
    *,
    stage: StageOption = "local",
    version: Annotated[
        int | None, typer.Option(help="An approved version; left out, the newest of them.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Finish or undo a rollout that was cut short.")
    ] = False,
    follow: Follow = False,
    as_json: AsJson = False,
) -> None:
    """Roll an approved version out, or follow the rollout that its approval began.

    A version whose rollout has ended is rolled out again only if it is named.
    """
    from model_artifacts.registry.errors import RegistryError

    rollouts = _rollouts(stage)
    execution = rollouts.running()
    with as_user_error(RegistryError):
        package = "" if version is None else rollouts.stage.versions.find(version).arn
    if execution is not None:
        _refuse_another(rollouts, execution, package, resume=resume)
    elif resume:
        execution = rollouts.start("resume")
    else:
        with as_user_error(RegistryError):
            package = package or _approved(rollouts)
        ended = rollouts.last_of(package) if version is None else None
        if ended is not None:
            _conclude(ended, as_json=as_json)
            return
        execution = rollouts.start("rollout", package=package)
    _tell(rollouts, execution, follow=follow, as_json=as_json)


@app.command()
def rollback(
    *,
    stage: StageOption = "local",
    to: Annotated[int | None, typer.Option(help="A version; left out, the last kept.")] = None,
    reason: Annotated[str, typer.Option(help="Why; kept in the history.")] = "",
    follow: Follow = False,
    as_json: AsJson = False,
) -> None:
    """Bring an earlier version back."""
    from model_artifacts.registry.errors import RegistryError

    rollouts = _rollouts(stage)
    package = ""
    if to is not None:
        with as_user_error(RegistryError):
            package = rollouts.stage.versions.find(to).arn
    execution = rollouts.start("rollback", package=package, reason=reason)
    _tell(rollouts, execution, follow=follow, as_json=as_json)


@app.command()
def shadow(
    version: Annotated[int | None, typer.Argument(metavar="VERSION")] = None,
    *,
    stage: StageOption = "local",
    percent: Annotated[int, typer.Option(min=1, max=100, help="Share of the requests.")] = 10,
    end: Annotated[bool, typer.Option("--end", help="End the shadow that there is.")] = False,
    follow: Follow = False,
    as_json: AsJson = False,
) -> None:
    """Copy a share of the requests to a version on instances of its own, approved or not.

    Its answers are captured, and nobody gets them; twin model compare --shadow compares them.
    """
    from model_artifacts.registry.errors import RegistryError

    if (version is None) != end:
        raise UserError("version: must be given, or --end instead")
    rollouts, package = _rollouts(stage), ""
    if version is not None:
        with as_user_error(RegistryError):
            package = rollouts.stage.versions.find(version).arn
    share = 0 if end else percent / 100
    reason = "no shadow" if end else f"version {version} shadows at {percent}%"
    execution = rollouts.start("shadow", package=package, share=share, reason=reason)
    _tell(rollouts, execution, follow=follow, as_json=as_json)


@app.command()
def history(*, stage: StageOption = "local", as_json: AsJson = False) -> None:
    """List rollouts: version, time, approver and end, the newest first."""
    found = list(_rollouts(stage).history())
    if as_json:
        typer.echo(json.dumps([each.model_dump(mode="json") for each in found]))
        return
    for each in found:
        begun = datetime.fromtimestamp(each.begun_at).astimezone()
        outcome = each.outcome or "running"
        line = (
            f"{begun:%Y-%m-%d %H:%M:%S}  {each.target.number:4}  {each.trigger:9} {outcome:14} "
            f"{each.checks or ''!s:16} {each.approved_by} "
            f"{each.problem or each.reason}"
        )
        typer.echo(line.rstrip())


def _rollouts(stage: str) -> Rollouts:
    from twin.lifecycle.rollouts import Rollouts

    return Rollouts(model_stage(stage))


def _refuse_another(rollouts: Rollouts, execution: str, package: str, *, resume: bool) -> None:
    """Refuse to take the rollout that runs for another that is asked for."""
    if resume:
        raise UserError(
            f"a rollout runs, so there is none that was cut short: got --resume beside "
            f"{execution}; follow it with twin model rollout --follow"
        )
    asked = rollouts.asked_of(execution)
    if package and (asked.trigger in {"rollback", "shadow"} or asked.package != package):
        raise UserError(
            f"another rollout runs ({asked.trigger} of {asked.package or 'the version before'}): "
            f"got {package}; follow that with twin model rollout --follow, then ask again"
        )


def _approved(rollouts: Rollouts) -> str:
    for version in rollouts.stage.versions.all():
        if version.status == "Approved":
            return version.arn
    raise UserError("no version is approved: twin model approve VERSION --reason ...")


def _tell(rollouts: Rollouts, execution: str, *, follow: bool, as_json: bool) -> None:
    """Follow an execution to its end; exit with 1 if that is no good one."""
    if not follow:
        typer.echo(json.dumps({"execution": execution}) if as_json else execution)
        return
    ended = rollouts.follow(execution, lambda text: None if as_json else typer.echo(text))
    _conclude(ended, as_json=as_json)


def _conclude(ended: Rollout, *, as_json: bool) -> None:
    from twin.lifecycle.rollouts import GOOD_ENDS

    typer.echo(ended.model_dump_json() if as_json else _end(ended))
    if ended.outcome not in GOOD_ENDS:
        raise typer.Exit(1)


def _end(ended: Rollout) -> str:
    seconds = (ended.ended_at or ended.begun_at) - ended.begun_at
    told = f": {ended.problem}" if ended.problem else ""
    subject = f"version {ended.target.number}"
    if ended.trigger == "shadow":
        subject = f"shadow of {subject}: {ended.shadow or 'none'}"
    return f"{subject}: {ended.outcome} after {seconds:.1f} s{told}"
