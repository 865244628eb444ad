"""Pushing a model directory: file by file, the manifest last, resumed where it was left."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from model_artifacts.packaging.archive import pack
from model_artifacts.packaging.manifest import Manifest
from model_artifacts.publishing.checksums import Fingerprint, check_at_rest, fingerprint
from model_artifacts.publishing.errors import PublishingError
from model_artifacts.publishing.published import (
    PublishedFile,
    PublishedModel,
    archive_key,
    manifest_key,
    prefix_of,
)
from model_artifacts.publishing.s3 import ModelBucket, Progress


@dataclass(frozen=True)
class Push:
    """The end of a push.

    Attributes:
        uri: of the model's files: `s3://bucket/models/<digest>/`.
        model: the manifest.
        uploaded: names of the files that were not there before.
    """

    uri: str
    model: PublishedModel
    uploaded: tuple[str, ...]


def push(
    directory: Path,
    bucket: ModelBucket,
    *,
    archive: bool = False,
    progress: Progress | None = None,
) -> Push:
    """Bring a directory into a bucket, and write the manifest when all of it is there.

    What is there already is not sent again, so that a push that broke off goes on, and two at once
    end alike. Hidden files stay behind. Nothing is checked of the content: see `screening`.

    Args:
        directory: the model's.
        bucket: receives it.
        archive: whether batch transform's `model.tar.gz` is made of it, too.
        progress: hears of every byte that is sent or found there already.

    Raises:
        PublishingError: There is no file, one changed while it was read, another object is at its
            key, or the bucket cannot be written.
    """
    manifest = Manifest.of(directory)
    if not manifest.files:
        raise PublishingError(f"{directory}: got no files; must be a model's directory")
    before = {name: path.stat() for name, path in manifest.files.items()}
    prints = {name: fingerprint(path, bucket.part_bytes) for name, path in manifest.files.items()}
    model = PublishedModel.of(
        tuple(PublishedFile(name=n, size=p.size, sha256=p.sha256) for n, p in prints.items())
    )
    prefix = prefix_of(model.digest)
    uploaded = tuple(
        name
        for name, path in manifest.files.items()
        if _bring(path, prints[name], bucket, prefix + name, progress)
    )
    for name, path in manifest.files.items():
        check_at_rest(path, before[name])
    if archive and bucket.checksum(archive_key(model.digest)) is None:
        _push_archive(manifest, bucket, archive_key(model.digest))
    bucket.put(model.model_dump_json(indent=1).encode(), manifest_key(model.digest))
    return Push(f"s3://{bucket.name}/{prefix}", model, uploaded)


def _bring(
    path: Path, content: Fingerprint, bucket: ModelBucket, key: str, progress: Progress | None
) -> bool:
    """Bring one file; return whether it had to be sent."""
    found = bucket.checksum(key)
    made = found is None and bucket.upload(path, key, progress)
    if found is None:
        found = bucket.checksum(key)
    elif progress is not None:
        progress(content.size)
    # An object of another uploader, as the CDK CLI, has no such checksum, or of other parts.
    if found == content.s3 or (not made and bucket.sha256(key) == content.sha256):
        return made
    if made:  # of other bytes than were read for the digest
        bucket.remove(key)
        raise PublishingError(f"{path}: changed while it was read; must be at rest")
    raise PublishingError(
        f"s3://{bucket.name}/{key}: got another object; must be {path} (SHA-256 "
        f"{content.sha256}): delete the object, and push again"
    )


def _push_archive(manifest: Manifest, bucket: ModelBucket, key: str) -> None:
    with tempfile.TemporaryDirectory(prefix="model-") as folder:
        archive = Path(folder) / "model.tar.gz"
        pack(manifest, archive)
        bucket.upload(archive, key)
