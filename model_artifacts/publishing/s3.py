"""A bucket of models on S3: objects by key, each with its SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from model_artifacts.publishing.checksums import PART_BYTES
from model_artifacts.publishing.errors import PublishingError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

Progress = Callable[[int], None]
"""Callback for bytes that were sent or received, since the last call."""

# S3 answers 412 where the object is there, 409 where another upload of it has just ended.
_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}
_ABSENT = {"404", "NoSuchKey", "NotFound"}


class ModelBucket:
    """A bucket that holds models.

    Attributes:
        name: of the bucket.
        part_bytes: bytes of a part of an upload, from 5 MiB.
    """

    def __init__(self, client: S3Client, name: str, part_bytes: int = PART_BYTES) -> None:
        """Take a client, which from now on never writes over an object."""
        self.name, self.part_bytes = name, part_bytes
        self._client = client
        # boto3's transfer does not let the condition through, though both operations have it.
        for operation in ("PutObject", "CompleteMultipartUpload"):
            event = f"before-parameter-build.s3.{operation}"
            client.meta.events.register(event, _only_if_absent, unique_id=f"models-{operation}")

    def checksum(self, key: str) -> str | None:
        """Return the SHA-256 that S3 keeps of an object: "" where none was asked for on upload.

        None where there is no object.

        Raises:
            PublishingError: The bucket cannot be read.
        """
        with self._named(key):
            try:
                found = self._client.head_object(Bucket=self.name, Key=key, ChecksumMode="ENABLED")
            except ClientError as error:
                if error.response["Error"]["Code"] in _ABSENT:
                    return None
                raise
        return found.get("ChecksumSHA256", "")

    def sha256(self, key: str) -> str:
        """Read an object through, and return the SHA-256 of its content in hex digits.

        Raises:
            PublishingError: There is no such object, or it cannot be read.
        """
        total = hashlib.sha256()
        with self._named(key):
            for chunk in self._client.get_object(Bucket=self.name, Key=key)["Body"].iter_chunks():
                total.update(chunk)
        return total.hexdigest()

    def upload(self, file: Path, key: str, progress: Progress | None = None) -> bool:
        """Upload a file in parts; return whether this call made the object, or found it there.

        Raises:
            PublishingError: The file cannot be read, or the bucket not be written.
        """
        transfer = TransferConfig(
            multipart_threshold=self.part_bytes, multipart_chunksize=self.part_bytes
        )
        with self._named(key):
            try:
                self._client.upload_file(
                    str(file), self.name, key, {"ChecksumAlgorithm": "SHA256"}, progress, transfer
                )
            except (ClientError, Boto3Error) as error:
                if any(code in str(error) for code in _TAKEN):
                    return False
                raise
        return True

    def put(self, content: bytes, key: str) -> None:
        """Write a small object, unless there is one.

        Raises:
            PublishingError: The bucket cannot be written.
        """
        with self._named(key):
            try:
                self._client.put_object(
                    Bucket=self.name, Key=key, Body=content, ChecksumAlgorithm="SHA256"
                )
            except ClientError as error:
                if error.response["Error"]["Code"] not in _TAKEN:
                    raise

    def get(self, key: str) -> bytes | None:
        """Return a small object; None where there is none.

        Raises:
            PublishingError: The bucket cannot be read.
        """
        with self._named(key):
            try:
                return self._client.get_object(Bucket=self.name, Key=key)["Body"].read()
            except ClientError as error:
                if error.response["Error"]["Code"] in _ABSENT:
                    return None
                raise

    def download(self, key: str, file: Path, progress: Progress | None = None) -> None:
        """Download an object; until all is there, what is at `file` stays.

        Raises:
            PublishingError: There is no such object, or it cannot be read or written.
        """
        with self._named(key):
            self._client.download_file(self.name, key, str(file), Callback=progress)

    def remove(self, key: str) -> None:
        """Delete an object.

        Raises:
            PublishingError: The bucket cannot be written.
        """
        with self._named(key):
            self._client.delete_object(Bucket=self.name, Key=key)

    @contextmanager
    def _named(self, key: str) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, Boto3Error, ClientError, OSError) as error:
            raise PublishingError(f"s3://{self.name}/{key}: {error}") from error


def _only_if_absent(params: dict[str, Any], **_: Any) -> None:  # noqa: ANN401 - botocore's own
    params["IfNoneMatch"] = "*"
