"""Where a model's weights lie in S3 as one archive, as batch transform wants them."""

from __future__ import annotations

import gzip
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam

from stacks.config import StageConfig
from stacks.constructs.model.weights import digest, publish, shown_files
from stacks.constructs.shared.build_once import build_once


@dataclass(frozen=True, kw_only=True)
class WeightsArchive:
    """A tar.gz that SageMaker unpacks to /opt/ml/model.

    Attributes:
        bucket: name of the bucket.
        key: key of the object.
    """

    bucket: str
    key: str

    @classmethod
    def of(cls, config: StageConfig, *, stack: Stack, root: Path) -> Self | None:
        """Return the weights for a stage's batches, or none if the container downloads them."""
        if config.model.artifacts is not None:
            build = root / ".build" / "models"
            return cls.from_directory(stack, root / config.model.artifacts, build=build)
        archive = config.batch.model_archive if config.batch else None
        return cls.from_s3(archive) if archive is not None else None

    @classmethod
    def from_s3(cls, uri: str) -> Self:
        """Take an archive that somebody has put at `s3://bucket/key.tar.gz`."""
        parts = urlsplit(uri)
        return cls(bucket=parts.netloc, key=parts.path.lstrip("/"))

    @classmethod
    def from_directory(cls, stack: Stack, directory: Path, *, build: Path) -> Self:
        """Pack a directory once, and have the CDK CLI publish the archive.

        Args:
            stack: whose deployment publishes it.
            directory: what is packed; hidden files stay behind.
            build: where the archive is kept, under the digest of what is in it.
        """
        files = shown_files(directory)
        name = f"{digest(directory, files)}.tar.gz"
        archive = build / name
        build_once(archive, lambda path: _pack(directory, files, path))
        key = f"models/{name}"
        return cls(bucket=publish(stack, archive, key), key=key)

    @property
    def container(self) -> dict[str, str]:
        """What a container definition says about the weights."""
        return {"model_data_url": f"s3://{self.bucket}/{self.key}"}

    @property
    def published(self) -> tuple[str, ...]:
        """No object beside the one that `container` names."""
        return ()

    def read_statements(self) -> list[iam.PolicyStatement]:
        """Allow reading the archive, and nothing beside it."""
        archive = f"arn:{Aws.PARTITION}:s3:::{self.bucket}/{self.key}"
        return [iam.PolicyStatement(actions=["s3:GetObject"], resources=[archive])]


def _pack(directory: Path, files: list[Path], archive: Path) -> None:
    """Write the same archive for the same files: no times, no owners, no name of its own.

    Weights hardly compress, so the fastest level is as good as any.
    """
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for file in files:
            member = tarfile.TarInfo(file.relative_to(directory).as_posix())
            member.size, member.mode = file.stat().st_size, 0o644
            with file.open("rb") as content:
                tar.addfile(member, content)
