"""Where a model's weights lie in S3, and the right to read exactly those."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from aws_cdk import Aws, FileAssetPackaging, Stack, Stage
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker


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
    def from_s3(cls, uri: str) -> Self:
        """Take weights that somebody has put under `s3://bucket/prefix/`."""
        parts = urlsplit(uri)
        return cls(bucket=parts.netloc, prefix=parts.path.lstrip("/"))

    @classmethod
    def from_directory(cls, stack: Stack, directory: Path) -> Self:
        """Have the CDK CLI publish a directory's files, unchanged, below a prefix of their digest.

        Hidden files stay behind. See docs/decisions/0010-local-weights-are-cdk-file-assets.md.
        """
        files = sorted(path for path in directory.rglob("*") if _is_shown(path, directory))
        prefix = f"models/{_digest(directory, files)}/"
        keys = {prefix + file.relative_to(directory).as_posix(): file for file in files}
        buckets = [_publish(stack, file, key) for key, file in keys.items()]
        return cls(bucket=buckets[0], prefix=prefix, published=tuple(keys))

    @property
    def data_source(self) -> sagemaker.CfnModel.ModelDataSourceProperty:
        """The model's data source."""
        return sagemaker.CfnModel.ModelDataSourceProperty(
            s3_data_source=sagemaker.CfnModel.S3DataSourceProperty(
                s3_uri=f"s3://{self.bucket}/{self.prefix}",
                s3_data_type="S3Prefix",
                compression_type="None",
            )
        )

    def read_statements(self) -> list[iam.PolicyStatement]:
        """Allow listing and reading the prefix, and nothing beside it."""
        bucket = f"arn:{Aws.PARTITION}:s3:::{self.bucket}"
        return [
            iam.PolicyStatement(actions=["s3:GetObject"], resources=[f"{bucket}/{self.prefix}*"]),
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[bucket],
                conditions={"StringLike": {"s3:prefix": f"{self.prefix}*"}},
            ),
        ]


def _is_shown(path: Path, directory: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(directory).parts)
    return path.is_file() and not hidden


def _digest(directory: Path, files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        digest.update(f"{file.relative_to(directory).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()


def _publish(stack: Stack, file: Path, key: str) -> str:
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
