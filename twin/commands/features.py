"""Commands of a stage's documents: bring them, look at the index, search."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from twin.commands.options import StageOption
from twin.commands.stages import stage_config, stage_origin, stage_session
from twin.errors import UserError
from twin.outputs import stack_outputs

if TYPE_CHECKING:
    import boto3

app = typer.Typer(help="Documents that a stage answers from.", no_args_is_help=True)

StoreOption = Annotated[str, typer.Option("--store", help="A store of config.")]
_SECONDS_SHOWN: Final = 120
"""Up to here an age is told in seconds, beyond in minutes."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(frozen=True)
class _Features:
    """A stage's documents and the search over them."""

    session: boto3.Session
    origin: str | None
    outputs: dict[str, str]

    @property
    def bucket(self) -> str:
        return self.outputs["BucketName"]

    def client(self, service: str) -> Any:  # noqa: ANN401 - a client of boto3
        return self.session.client(service, endpoint_url=self.origin)  # type: ignore[call-overload]

    def ask(self, **event: object) -> dict[str, Any]:
        """Return the search function's answer.

        Raises:
            UserError: It refuses, or fails.
        """
        name = self.outputs["SearchFunctionName"]
        answer = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        told: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer or "error" in told:
            error = told.get("error") or {"message": told.get("errorMessage", "it failed")}
            raise UserError(f"the search function: {error['message']}")
        return told


def _features(stage: str, store: str) -> _Features:
    config = stage_config(stage)
    names = [one.name for one in config.retrieval.stores] if config.retrieval else []
    if store not in names:
        known = ", ".join(names) or "none"
        raise UserError(f"stage {stage} has no store {store!r} in [[retrieval.stores]]: {known}")
    session, origin = stage_session(stage), stage_origin(stage)
    outputs = stack_outputs(session, origin, config.stack_name("retrieval"))
    return _Features(session, origin, outputs)


@app.callback()
def features() -> None:
    """Documents that a stage answers from."""


@app.command()
def sync(
    directory: Annotated[Path, typer.Argument(exists=True, file_okay=False)],
    *,
    store: StoreOption = "docs",
    stage: StageOption = "local",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Also if most of the store goes.")] = False,
) -> None:
    """Upload changed files of a directory, and delete documents that are gone there."""
    from twin.client.documents import carry_out, list_documents, plan_sync

    found = _features(stage, store)
    client, prefix = found.client("s3"), f"documents/{store}/"
    plan = plan_sync(directory, prefix, list_documents(client, found.bucket, prefix))
    if dry_run:
        for sign, keys in (("+", plan.uploads), ("-", plan.deletions)):
            for key in keys:
                typer.echo(f"{sign} {key.removeprefix(prefix)}")
    elif not yes:
        plan.refuse_surprises(directory)
    typer.echo(plan.summary)
    if not dry_run:
        carry_out(plan, client, found.bucket)


@app.command()
def status(
    *, store: StoreOption = "docs", stage: StageOption = "local", as_json: AsJson = False
) -> None:
    """Tell of a store: documents and chunks, as of when, what waits since when, and failures."""
    from twin.client.documents import waiting_documents

    found = _features(stage, store)
    told = found.ask(status=True, store=store)
    waiting = waiting_documents(
        found.client("s3"),
        found.bucket,
        f"documents/{store}/",
        lambda paths: found.ask(status=True, store=store, files=paths)["files"],
    )
    oldest = waiting.oldest.isoformat() if waiting.oldest else None
    told |= {"waiting": waiting.count, "oldest_waiting": oldest}
    if as_json:
        typer.echo(json.dumps(told))
        return
    typer.echo(
        f"{told['documents']} documents, {told['chunks']} chunks, published "
        f"{told['as_of'] or 'never'}"
    )
    since = f", the oldest for {_age(waiting.oldest)}" if waiting.oldest else ""
    typer.echo(f"{waiting.count} uploads wait{since}; {told['failed']} could not be read")
    if other := told["other_languages"]:
        typer.echo(f"{other} not in English: found by their words, hardly by their meaning")
    for failure in told["failures"]:
        error = failure["last_error"]
        typer.echo(f"  {failure['path']}: {error['code']}, {error['message']}")


def _age(since: datetime) -> str:
    seconds = max(0, round((datetime.now(UTC) - since).total_seconds()))
    return f"{seconds} s" if seconds < _SECONDS_SHOWN else f"{seconds // 60} min"


@app.command()
def search(
    query: str,
    *,
    store: StoreOption = "docs",
    stage: StageOption = "local",
    most: Annotated[int, typer.Option("--most", min=1, max=50, help="Most results.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Search a store as the answers do, without the model."""
    told = _features(stage, store).ask(store=store, query=query, top_k=most)
    if as_json:
        typer.echo(json.dumps(told))
        return
    for result in told["results"]:
        typer.echo(typer.style(f"{result['score']:.3f} {result['path']}", bold=True))
        typer.echo(f"  {' '.join(result['text'].split())[:200]}")
    typer.echo(f"{len(told['results'])} found, as of {told['as_of'] or 'never'}")
