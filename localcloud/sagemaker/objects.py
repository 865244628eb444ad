"""S3 objects, read and written on behalf of SageMaker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.awsjson.service import Scope

T = TypeVar("T")


class ObjectError(Exception):
    """S3 refuses; the text says what and why."""


class S3Uri(NamedTuple):
    """Where an object, or the objects of a prefix, lie."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, text: str) -> S3Uri:
        """Read `s3://bucket/key`.

        Raises:
            ValueError: It is of another form.
        """
        bucket, _, key = text.removeprefix("s3://").partition("/")
        if not text.startswith("s3://") or not bucket:
            raise ValueError(f'an S3 URI must be s3://bucket/key, got "{text}"')
        return cls(bucket, key)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def __truediv__(self, name: str) -> S3Uri:
        """The object of a name below this prefix."""
        return S3Uri(self.bucket, "/".join(filter(None, (self.key.strip("/"), name))))


class Objects:
    """Each operation runs on a thread of its own: none of them blocks the event loop."""

    def __init__(self, client: Callable[[Scope], Any]) -> None:
        self._client = client

    async def get(self, scope: Scope, uri: S3Uri) -> bytes:
        """Read an object.

        Raises:
            ObjectError: There is none, or S3 does not give it.
        """

        def read() -> bytes:
            answer = self._client(scope).get_object(Bucket=uri.bucket, Key=uri.key)
            content: bytes = answer["Body"].read()
            return content

        return await _reported(uri, read)

    async def put(self, scope: Scope, uri: S3Uri, content: bytes, content_type: str) -> None:
        """Write an object.

        Raises:
            ObjectError: There is no such bucket, or S3 does not take it.
        """

        def write() -> None:
            self._client(scope).put_object(
                Bucket=uri.bucket, Key=uri.key, Body=content, ContentType=content_type
            )

        await _reported(uri, write)

    async def keys(self, scope: Scope, prefix: S3Uri) -> list[str]:
        """Keys of the objects below a prefix, in S3's order, without folder markers.

        Raises:
            ObjectError: There is no such bucket.
        """

        def find() -> list[str]:
            paginator = self._client(scope).get_paginator("list_objects_v2")
            pages = paginator.paginate(Bucket=prefix.bucket, Prefix=prefix.key)
            found = (entry["Key"] for page in pages for entry in page.get("Contents", []))
            return [key for key in found if not key.endswith("/")]

        return await _reported(prefix, find)


async def _reported(uri: S3Uri, work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except (BotoCoreError, ClientError) as error:
        raise ObjectError(f"{uri}: {error}") from error
