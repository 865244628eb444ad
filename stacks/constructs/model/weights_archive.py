"""Weights of a model in S3 as an archive, the form that batch transform reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam

from model_artifacts.packaging.archive import pack
from model_artifacts.packaging.manifest import Manifest
from stacks.config import StageConfig
from stacks.constructs.model.weights import publish
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
        manifest = Manifest.of(directory)
        name = f"{manifest.digest}.tar.gz"
        archive = build / name
        build_once(archive, lambda path: pack(manifest, path))
        key = f"models/{name}"
        return cls(bucket=publish(stack, archive, key), key=key)

    @property
    def container(self) -> dict[str, str]:
        """The properties of a container definition that name the archive."""
        return {"model_data_url": f"s3://{self.bucket}/{self.key}"}

    @property
    def published(self) -> tuple[str, ...]:
        """No object beside the one that `container` names."""
        return ()

    def read_statements(self) -> list[iam.PolicyStatement]:
        """Allow reading the archive, and nothing beside it."""
        archive = f"arn:{Aws.PARTITION}:s3:::{self.bucket}/{self.key}"
        return [iam.PolicyStatement(actions=["s3:GetObject"], resources=[archive])]
