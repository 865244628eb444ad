"""One S3 bucket as an object store: the only module that calls S3."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from io import BufferedReader, RawIOBase
from itertools import islice
from typing import TYPE_CHECKING, Any, Self, TypeVar

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lambda_api.errors import StorageError
from lambda_api.storage.object_store import ChangedError, ObjectInfo, StoredObject

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import DeleteTypeDef as Delete

_Answer = TypeVar("_Answer")
_CONNECT_TIMEOUT_SECONDS = 5
_READ_TIMEOUT_SECONDS = 20
_ATTEMPTS = 4
_PART_BYTES = 1 << 20
_KEYS_A_REQUEST = 1000
"""Most that DeleteObjects takes."""
_ONE_PART_AT_A_TIME = TransferConfig(use_threads=False)
"""One part (8 MiB) in memory at a time, read by the calling thread."""
# 409: two conditional writes at once, try again; 404: `If-Match` on what was deleted.
# docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
_LOST = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "404"}


class _Parts(RawIOBase):
    """A file, readable once, over parts of bytes."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self.size = 0
        self._parts = iter(parts)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._rest = memoryview(part)
        view = memoryview(buffer)
        count = min(len(view), len(self._rest))
        view[:count], self._rest = self._rest[:count], self._rest[count:]
        self.size += count
        return count


class S3Store:
    """An S3 bucket. The role needs s3:ListBucket too, or a missing object reads as a 403."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @classmethod
    def connect(cls, bucket: str) -> Self:
        """Return the store with a client of its own; no request is sent yet."""
        config = Config(
            connect_timeout=_CONNECT_TIMEOUT_SECONDS,
            read_timeout=_READ_TIMEOUT_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            signature_version="s3v4",
            # Left to itself botocore presigns for the global host, which is the wrong one for every
            # region but us-east-1: https://github.com/boto/boto3/issues/2989
            s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
        )
        return cls(boto3.client("s3", config=config), bucket)

    def close(self) -> None:
        """Drop the connections that are kept for the next request."""
        self._client.close()

    def get(self, key: str) -> StoredObject | None:
        """Return an object with its bytes; None if there is none."""

        def read() -> StoredObject:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
            return StoredObject(answer["Body"].read(), answer["ETag"], answer["LastModified"])

        return _found(read)

    def info(self, key: str) -> ObjectInfo | None:
        """Return an object without its bytes; None if there is none."""

        def look() -> ObjectInfo:
            answer = self._client.head_object(Bucket=self._bucket, Key=key)
            return ObjectInfo(key, answer["ContentLength"], answer["LastModified"])

        return _found(look)

    def stream(self, key: str) -> Iterator[bytes]:
        """Yield an object's bytes in parts cut anywhere; nothing if there is none."""
        answer = _found(lambda: self._client.get_object(Bucket=self._bucket, Key=key))
        try:
            yield from answer["Body"].iter_chunks(_PART_BYTES) if answer else ()
        except BotoCoreError as error:
            raise _failure(error) from error

    def read_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """Yield an object's bytes from `start` to `end`, which is left out, in parts of 1 MiB."""
        span = f"bytes={start}-{end - 1}"
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key, Range=span)
            yield from answer["Body"].iter_chunks(_PART_BYTES)
        except (BotoCoreError, ClientError) as error:
            raise _failure(error) from error

    def put(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        """Write an object, replacing any older version."""
        self._put(key, body, ContentType=content_type)

    def create(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        """Write an object that must not exist yet.

        Raises:
            ChangedError: The object exists.
        """
        self._put(key, body, ContentType=content_type, IfNoneMatch="*")

    def replace(self, key: str, body: bytes, etag: str) -> None:
        """Replace the version that `get` returned.

        Raises:
            ChangedError: The object is another version by now, or gone.
        """
        self._put(key, body, ContentType="application/json", IfMatch=etag)

    def upload(self, key: str, parts: Iterable[bytes]) -> int:
        """Write an object of any size from parts, replacing any older version; return its size."""
        source = _Parts(parts)
        try:
            self._client.upload_fileobj(
                BufferedReader(source, _PART_BYTES), self._bucket, key, Config=_ONE_PART_AT_A_TIME
            )
        except (BotoCoreError, ClientError, Boto3Error) as error:
            raise _failure(error) from error
        return source.size

    def delete(self, key: str) -> None:
        """Delete an object, if there is one."""
        _tried(lambda: self._client.delete_object(Bucket=self._bucket, Key=key))

    def delete_below(self, prefix: str) -> None:
        """Delete every object below a prefix, a thousand a request."""
        found = self.list(prefix)
        while keys := [info.key for info in islice(found, _KEYS_A_REQUEST)]:
            named: Delete = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
            answer = _tried(partial(self._client.delete_objects, Bucket=self._bucket, Delete=named))
            if refused := answer.get("Errors"):
                raise _unusable(refused[0].get("Code", "DeleteObjects"))

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """Yield the objects below a prefix with keys after `after`, in the order of keys."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix, StartAfter=after
        )
        try:
            for page in pages:
                for found in page.get("Contents", ()):
                    yield ObjectInfo(found["Key"], found["Size"], found["LastModified"])
        except (BotoCoreError, ClientError) as error:
            raise _failure(error) from error

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        """Yield the names of the folders below a prefix, those after the name `after`, in order."""
        # "0" follows "/": all that lies in the folder `after` comes before it.
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket,
            Prefix=prefix,
            Delimiter="/",
            StartAfter=f"{prefix}{after}0" if after else "",
        )
        try:
            for page in pages:
                for found in page.get("CommonPrefixes", ()):
                    yield found["Prefix"].removeprefix(prefix).removesuffix("/")
        except (BotoCoreError, ClientError) as error:
            raise _failure(error) from error

    def upload_url(self, key: str, seconds: int, size: int) -> str:
        """Return a URL that accepts a PUT of exactly `size` bytes for some seconds."""
        return self._url("put_object", seconds, Key=key, ContentLength=size)

    def download_url(self, key: str, seconds: int) -> str:
        """Return a URL that serves an object for some seconds."""
        return self._url("get_object", seconds, Key=key)

    def uri(self, key: str) -> str:
        """Return an object's s3:// URI."""
        return f"s3://{self._bucket}/{key}"

    def _put(self, key: str, body: bytes, **how: Any) -> None:  # noqa: ANN401
        _tried(lambda: self._client.put_object(Bucket=self._bucket, Key=key, Body=body, **how))

    def _url(self, operation: str, seconds: int, **what: str | int) -> str:
        return self._client.generate_presigned_url(
            operation, Params={"Bucket": self._bucket, **what}, ExpiresIn=seconds
        )


def _found(ask: Callable[[], _Answer]) -> _Answer | None:
    # A read has no condition but that the object exists.
    try:
        return _tried(ask)
    except ChangedError:
        return None


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
    return _unusable(code or type(error).__name__)


def _unusable(code: str) -> StorageError:
    return StorageError(
        "the service's storage cannot be used, try again shortly", reason=f"S3 {code}"
    )
