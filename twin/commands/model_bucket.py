"""Commands that carry models to a stage's bucket, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from twin.commands.options import StageOption
from twin.commands.stages import models_bucket, stage_config
from twin.errors import as_user_error

if TYPE_CHECKING:
    from model_artifacts.publishing.s3 import ModelBucket

app = typer.Typer()

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ModelDirectory = typer.Argument(exists=True, file_okay=False, help="A model's directory.")


@app.command()
def push(
    directory: Annotated[Path, ModelDirectory],
    *,
    stage: StageOption = "local",
    archive: Annotated[
        bool | None,
        typer.Option(
            help="Push batch transform's model.tar.gz, too; left out, for a stage with [batch].",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring a model to a stage's bucket, under the digest of its content; prints where it is."""
    from model_artifacts.inspection.errors import InspectionError
    from model_artifacts.inspection.report import inspect_model
    from model_artifacts.packaging.manifest import Manifest
    from model_artifacts.publishing.errors import PublishingError
    from model_artifacts.publishing.upload import push as push_model
    from model_artifacts.screening.errors import ScreeningError
    from model_artifacts.screening.screen import screen

    if archive is None:
        archive = stage_config(stage).batch is not None
    with as_user_error(InspectionError, PublishingError, ScreeningError):
        screen(directory)
        inspect_model(directory)
        size = sum(path.stat().st_size for path in Manifest.of(directory).files.values())
        with transferring("push", size) as advance:
            done = push_model(directory, opened_bucket(stage), archive=archive, progress=advance)
    if as_json:
        typer.echo(
            f'{{"uri": "{done.uri}", "uploaded": {len(done.uploaded)}, '
            f'"manifest": {done.model.model_dump_json()}}}'
        )
        return
    typer.echo(done.uri)


@app.command()
def pull(
    digest: Annotated[str, typer.Argument(help="The model's digest, or its s3:// address.")],
    *,
    out: Annotated[Path, typer.Option(file_okay=False, help="Directory of the model's own.")],
    stage: StageOption = "local",
    as_json: AsJson = False,
) -> None:
    """Fetch a pushed model from a stage's bucket; files that are there already stay."""
    from model_artifacts.publishing.download import pull as pull_model
    from model_artifacts.publishing.download import read_published
    from model_artifacts.publishing.errors import PublishingError
    from model_artifacts.publishing.published import parse_uri

    with as_user_error(PublishingError):
        named, digest = parse_uri(digest) if digest.startswith("s3:") else (None, digest)
        bucket = opened_bucket(stage, named)
        with transferring("pull", read_published(bucket, digest).size) as advance:
            model = pull_model(digest, bucket, out, advance)
    typer.echo(model.model_dump_json() if as_json else str(out))


def opened_bucket(stage: str, name: str | None = None) -> ModelBucket:
    """Return a stage's bucket of models, or another of a name."""
    from model_artifacts.publishing.s3 import ModelBucket

    client, own = models_bucket(stage)
    return ModelBucket(client, name or own)


@contextmanager
def transferring(title: str, size: int) -> Iterator[Callable[[int], None]]:
    """Show bytes as they pass, on standard error: standard output is the result's."""
    columns = (TextColumn(title), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=size)
        yield lambda count: progress.update(task, advance=count)
