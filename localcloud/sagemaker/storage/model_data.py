"""Model data: from the emulated S3 to a directory that stands in for `/opt/ml/model`."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.awsjson.shapes import Document
from localcloud.ministack_hooks.iam import AccessDeniedError, Session

# Python 3.11 has extraction filters (PEP 706) from 3.11.4 on only; Debian 12 has 3.11.2.
if sys.version_info < (3, 12):
    from backports import tarfile
else:
    import tarfile


class ModelDataError(Exception):
    """The model data cannot be had; the text is the endpoint's failure reason."""


@dataclass(frozen=True)
class ModelData:
    """The location and form of a container's model data."""

    bucket: str
    key: str
    is_prefix: bool
    is_archive: bool

    @classmethod
    def of(cls, container: Document) -> ModelData | None:
        """Read a container definition; None when it names no model data.

        Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3ModelDataSource.html
        """
        source = (container.get("ModelDataSource") or {}).get("S3DataSource")
        if source is None:
            url = container.get("ModelDataUrl")
            source = {"S3Uri": url, "S3DataType": "S3Object", "CompressionType": "Gzip"}
        if not source["S3Uri"]:
            return None
        bucket, _, key = source["S3Uri"].removeprefix("s3://").partition("/")
        return cls(
            bucket=bucket,
            key=key,
            is_prefix=source["S3DataType"] == "S3Prefix",
            is_archive=source["CompressionType"] == "Gzip",
        )

    @property
    def uri(self) -> str:
        """S3 URI of the data."""
        return f"s3://{self.bucket}/{self.key}"


class ModelCache:
    """Model directories, one for each content: instances of a variant share one.

    On SageMaker each instance has a copy of its own; here engines only read theirs.
    """

    def __init__(self, root: Path, s3: Callable[[Session], Any]) -> None:
        self._root = root
        self._s3 = s3
        self._locks: defaultdict[ModelData | None, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def directory(self, container: Document, session: Session) -> Path:
        """Return the directory of a container's model data, downloaded unless it is here already.

        Raises:
            ModelDataError: There is no such object, or it is not what its definition says.
        """
        data = ModelData.of(container)
        async with self._locks[data]:
            return await asyncio.to_thread(self._fetch, data, session)

    def _fetch(self, data: ModelData | None, session: Session) -> Path:
        if data is None:
            empty = self._root / "none"
            empty.mkdir(parents=True, exist_ok=True)
            return empty
        try:
            return self._fetch_objects(data, session)
        except (AccessDeniedError, BotoCoreError, ClientError, OSError, tarfile.TarError) as error:
            raise ModelDataError(
                f'Failed to download model data from URL: "{data.uri}". Please ensure that '
                "there is an object located at the URL and that the role passed to CreateModel "
                f"has permissions to download the model. ({error})"
            ) from error

    def _fetch_objects(self, data: ModelData, session: Session) -> Path:
        s3 = self._s3(session)
        objects = _list_objects(data, s3)
        content = repr((data, sorted(objects.items()))).encode()
        directory = self._root / hashlib.sha256(content).hexdigest()[:16]
        if directory.exists():
            for key in objects:  # on SageMaker each instance downloads
                session.require("s3:GetObject", f"arn:aws:s3:::{data.bucket}/{key}")
            return directory
        self._root.mkdir(parents=True, exist_ok=True)
        # Filled beside its place and moved there whole, so that no engine sees half a model.
        partial = Path(tempfile.mkdtemp(dir=self._root))
        try:
            for key in objects:
                _download(data, key, partial, s3)
            return partial.rename(directory)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _list_objects(data: ModelData, s3: Any) -> dict[str, str]:  # noqa: ANN401 - boto3's client
    """Keys and ETags.

    Raises:
        ModelDataError: There is nothing, or a marker object, which SageMaker refuses.
    """
    if not data.is_prefix:
        return {data.key: s3.head_object(Bucket=data.bucket, Key=data.key)["ETag"]}
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=data.bucket, Prefix=data.key)
    objects = [entry for page in pages for entry in page.get("Contents", [])]
    if not objects:
        raise ModelDataError(f'Could not find model data at "{data.uri}".')
    folders = [entry["Key"] for entry in objects if entry["Key"].endswith("/")]
    if folders:
        raise ModelDataError(f'Model data at "{data.uri}" has a folder object: "{folders[0]}".')
    return {entry["Key"]: entry["ETag"] for entry in objects}


def _download(data: ModelData, key: str, directory: Path, s3: Any) -> None:  # noqa: ANN401
    name = key.removeprefix(data.key) if data.is_prefix else key.rpartition("/")[2]
    target = (directory / name).resolve()
    if not target.is_relative_to(directory.resolve()):
        raise ModelDataError(f'Model data has a key outside its prefix: "{key}".')
    target.parent.mkdir(parents=True, exist_ok=True)
    s3.download_file(data.bucket, key, str(target))
    if data.is_archive:
        with tarfile.open(target, "r:gz") as archive:
            archive.extractall(directory, filter="data")
        target.unlink()
