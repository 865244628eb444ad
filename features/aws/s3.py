"""One S3 bucket as an object store; no other module calls S3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from features.errors import StorageError
from features.storage.object_store import ChangedError, ObjectInfo, StoredObject

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import ListObjectsV2OutputTypeDef

_Answer = TypeVar("_Answer")
_CONNECT_TIMEOUT_SECONDS = 5
_READ_TIMEOUT_SECONDS = 20
_ATTEMPTS = 4
_MAX_CONNECTIONS = 24
# 409: two conditional writes at once, try again; 404: `If-Match` on what was deleted.
# docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
_LOST = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "404"}


class S3Bucket:
    """An S3 bucket. The role needs s3:ListBucket too, or a missing object reads as a 403."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @classmethod
    def connect(cls, bucket: str) -> Self:
        """Return the bucket with a client of its own; no request is sent yet."""
        config = Config(
            connect_timeout=_CONNECT_TIMEOUT_SECONDS,
            read_timeout=_READ_TIMEOUT_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            max_pool_connections=_MAX_CONNECTIONS,
        )
        return cls(boto3.client("s3", config=config), bucket)

    def get(self, key: str, most: int | None = None) -> StoredObject | None:
        """Return an object; without its bytes if it has more than `most`; None if there is none."""

        def read() -> StoredObject:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
            size = answer["ContentLength"]
            with answer["Body"] as stream:
                body = stream.read() if most is None or size <= most else None
            return StoredObject(
                body, answer["ETag"], answer["LastModified"], size, answer["Metadata"]
            )

        try:
            return _tried(read)
        except ChangedError:
            return None  # a read has no condition but that the object exists

    def put(self, key: str, body: bytes) -> None:
        """Write an object, replacing any older version."""
        self._put(key, body)

    def create(self, key: str, body: bytes) -> None:
        """Write an object that must not exist yet.

        Raises:
            ChangedError: The object exists.
        """
        self._put(key, body, IfNoneMatch="*")

    def replace(self, key: str, body: bytes, etag: str) -> None:
        """Replace the version that `get` returned.

        Raises:
            ChangedError: The object is another version by now, or gone.
        """
        self._put(key, body, IfMatch=etag)

    def delete(self, key: str) -> None:
        """Delete an object, if there is one."""
        _tried(lambda: self._client.delete_object(Bucket=self._bucket, Key=key))

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield the objects below a prefix, in the order of keys."""
        for page in self._pages(Prefix=prefix):
            for found in page.get("Contents", ()):
                yield ObjectInfo(found["Key"], found["Size"], found["LastModified"])

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield the names of the folders right below a prefix, in the order of keys."""
        for page in self._pages(Prefix=prefix, Delimiter="/"):
            for found in page.get("CommonPrefixes", ()):
                yield found["Prefix"].removeprefix(prefix).removesuffix("/")

    def _pages(self, **where: Any) -> Iterator[ListObjectsV2OutputTypeDef]:  # noqa: ANN401
        pages = self._client.get_paginator("list_objects_v2")
        try:
            yield from pages.paginate(Bucket=self._bucket, **where)
        except (BotoCoreError, ClientError) as error:
            raise _failure(error) from error

    def _put(self, key: str, body: bytes, **how: Any) -> None:  # noqa: ANN401
        _tried(lambda: self._client.put_object(Bucket=self._bucket, Key=key, Body=body, **how))


def _tried(ask: Callable[[], _Answer]) -> _Answer:
    try:
        return ask()
    except ClientError as error:
        if error.response["Error"]["Code"] in _LOST:
            raise ChangedError from error
        raise _failure(error) from error
    except BotoCoreError as error:
        raise _failure(error) from error


def _failure(error: Exception) -> StorageError:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    return StorageError(f"S3 cannot be used: {code or type(error).__name__}")
