"""Pulling a model: the files that a manifest lists, into a directory that holds nothing else."""

from __future__ import annotations

from pathlib import Path

from model_artifacts.packaging.manifest import Manifest
from model_artifacts.publishing.checksums import fingerprint
from model_artifacts.publishing.errors import PublishingError
from model_artifacts.publishing.published import (
    PublishedFile,
    PublishedModel,
    manifest_key,
    prefix_of,
)
from model_artifacts.publishing.s3 import ModelBucket, Progress


def read_published(bucket: ModelBucket, digest: str) -> PublishedModel:
    """Read the manifest of a pushed model.

    Raises:
        PublishingError: There is none, so that a push is unfinished or never began; or it is
            another model's.
    """
    key = manifest_key(digest)
    where = f"s3://{bucket.name}/{key}"
    content = bucket.get(key)
    if content is None:
        raise PublishingError(
            f"{where}: no such manifest; must be there: push the model again, its push is "
            "unfinished or never began"
        )
    model = PublishedModel.parse(content, where)
    if model.digest != digest:
        raise PublishingError(f"{where}: got the manifest of {model.digest}; must be {digest}")
    return model


def pull(
    digest: str, bucket: ModelBucket, directory: Path, progress: Progress | None = None
) -> PublishedModel:
    """Bring a pushed model into a directory; files that are there already are not fetched again.

    Args:
        digest: of the model.
        bucket: holds it.
        directory: is made if need be; may hold files of this model, and no others.
        progress: hears of every byte that is received or found there already.

    Raises:
        PublishingError: The model is unfinished, an object is absent or has other content, or the
            directory holds another file.
    """
    model = read_published(bucket, digest)
    _make(directory)
    strangers = Manifest.of(directory).files.keys() - {file.name for file in model.files}
    if strangers:
        raise PublishingError(
            f"{directory / min(strangers)}: got a file that is not the model's; must be a "
            "directory of its own"
        )
    for file in model.files:
        _fetch(file, bucket, prefix_of(digest), directory, progress)
    return model


def _fetch(
    file: PublishedFile,
    bucket: ModelBucket,
    prefix: str,
    directory: Path,
    progress: Progress | None,
) -> None:
    target = directory / file.name
    if target.is_file() and _is_the_same(target, file):
        if progress is not None:
            progress(file.size)
        return
    _make(target.parent)
    bucket.download(prefix + file.name, target, progress)
    if not _is_the_same(target, file):
        target.unlink()
        raise PublishingError(
            f"s3://{bucket.name}/{prefix}{file.name}: got other content than the manifest lists; "
            f"must have SHA-256 {file.sha256}"
        )


def _make(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PublishingError(f"{directory}: {error.strerror}; must be a directory") from error


def _is_the_same(path: Path, file: PublishedFile) -> bool:
    return path.stat().st_size == file.size and fingerprint(path).sha256 == file.sha256
