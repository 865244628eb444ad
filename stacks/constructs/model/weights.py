"""Weights of a model in S3, and the right to read exactly those."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from aws_cdk import Aws, FileAssetPackaging, Stack, Stage
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker

from model_artifacts.packaging.manifest import Manifest
from stacks.config import ModelConfig


@dataclass(frozen=True, kw_only=True)
class Weights:
    """An uncompressed S3 prefix that SageMaker copies to /opt/ml/model.

    Attributes:
        bucket: name of the bucket.
        prefix: key prefix that ends in "/"; empty for the whole bucket.
        published: keys of the objects that a deployment puts there.
    """

    bucket: str
    prefix: str
    published: tuple[str, ...] = ()

    @classmethod
    def of(cls, model: ModelConfig, *, stack: Stack, root: Path) -> Self | None:
        """Return a model's weights, or none if the container downloads them from the hub."""
        if model.artifacts is not None:
            return cls.from_directory(stack, root / model.artifacts)
        return cls.from_s3(model.s3) if model.s3 is not None else None

    @classmethod
    def from_s3(cls, uri: str) -> Self:
        """Take weights that somebody has put under `s3://bucket/prefix/`."""
        parts = urlsplit(uri)
        return cls(bucket=parts.netloc, prefix=parts.path.lstrip("/"))

    @classmethod
    def from_directory(cls, stack: Stack, directory: Path) -> Self:
        """Have the CDK CLI publish a directory's files, unchanged, below a prefix of their digest.

        Hidden files stay behind. See docs/decisions/0010-local-weights-are-cdk-file-assets.md.
        """
        manifest = Manifest.of(directory)
        prefix = f"models/{manifest.digest}/"
        keys = {prefix + name: file for name, file in manifest.files.items()}
        buckets = [publish(stack, file, key) for key, file in keys.items()]
        return cls(bucket=buckets[0], prefix=prefix, published=tuple(keys))

    @property
    def container(self) -> dict[str, sagemaker.CfnModel.ModelDataSourceProperty]:
        """The properties of a container definition that name the weights."""
        return prefix_container(f"s3://{self.bucket}/{self.prefix}")

    def read_statements(self) -> list[iam.PolicyStatement]:
        """Allow listing and reading the prefix, and nothing beside it."""
        return reading_below(self.bucket, self.prefix)


def publish(stack: Stack, file: Path, key: str) -> str:
    """Register one file for publishing under a key; return the bucket's name.

    CDK names an object by the asset's hash plus the file's extension, and knows an asset by its
    hash alone: tokenizer.json and tokenizer.model would be one. Through a link without an extension
    the hash is the whole key.
    """
    assembly = Path(Stage.of(stack).asset_outdir)
    link = assembly / "weights" / hashlib.sha256(key.encode()).hexdigest()
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(file.resolve())
    location = stack.synthesizer.add_file_asset(
        source_hash=key,
        file_name=link.relative_to(assembly).as_posix(),
        packaging=FileAssetPackaging.FILE,
        display_name=file.name,
    )
    return str(location.bucket_name)


def prefix_container(uri: str) -> dict[str, sagemaker.CfnModel.ModelDataSourceProperty]:
    """Return the properties of a container definition whose weights lie uncompressed at a URI."""
    source = sagemaker.CfnModel.S3DataSourceProperty(
        s3_uri=uri, s3_data_type="S3Prefix", compression_type="None"
    )
    return {"model_data_source": sagemaker.CfnModel.ModelDataSourceProperty(s3_data_source=source)}


def reading_below(bucket: str, prefix: str) -> list[iam.PolicyStatement]:
    """Allow listing and reading below a prefix of a bucket, by name, and nothing beside it."""
    arn = f"arn:{Aws.PARTITION}:s3:::{bucket}"
    return [
        iam.PolicyStatement(actions=["s3:GetObject"], resources=[f"{arn}/{prefix}*"]),
        iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[arn],
            conditions={"StringLike": {"s3:prefix": f"{prefix}*"}},
        ),
    ]
