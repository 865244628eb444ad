"""S3 objects, read and written by SageMaker in a model's role."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.ministack_hooks import call_service
from localcloud.ministack_hooks.iam import AccessDeniedError, Session

T = TypeVar("T")


class ObjectError(Exception):
    """S3 refuses; the text says what and why."""


class S3Uri(NamedTuple):
    """The location of an object, or of the objects below a prefix."""

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
        """Return the URI of a name below this prefix."""
        return S3Uri(self.bucket, "/".join(filter(None, (self.key.strip("/"), name))))


class Objects:
    """None of the operations blocks the event loop: what reads runs on a thread of its own.

    Writing goes straight to ministack's S3: as a request over HTTP it would cost each result of an
    asynchronous endpoint 6 ms of CPU.
    """

    def __init__(self, client: Callable[[Session], Any]) -> None:
        self._client = client

    async def get(self, session: Session, uri: S3Uri) -> bytes:
        """Read an object.

        Raises:
            ObjectError: There is none, or S3 does not give it.
        """

        def read() -> bytes:
            answer = self._client(session).get_object(Bucket=uri.bucket, Key=uri.key)
            content: bytes = answer["Body"].read()
            return content

        return await _reported(uri, read)

    async def put(self, session: Session, uri: S3Uri, content: bytes, content_type: str) -> None:
        """Write an object.

        Raises:
            ObjectError: There is no such bucket, or S3 does not take it.
        """
        try:
            session.require("s3:PutObject", f"arn:aws:s3:::{uri.bucket}/{uri.key}")
        except AccessDeniedError as error:
            raise ObjectError(f"{uri}: {error}") from error
        status, _, answer = await call_service(
            "s3",
            "PUT",
            f"/{uri.bucket}/{uri.key}",
            {"content-type": content_type, "content-length": str(len(content))},
            content,
            account=session.account,
            region=session.region,
        )
        if status != HTTPStatus.OK:
            raise ObjectError(f"{uri}: {answer.decode(errors='replace')}")

    async def keys(self, session: Session, prefix: S3Uri) -> list[str]:
        """Keys of the objects below a prefix, in S3's order, without folder markers.

        Raises:
            ObjectError: There is no such bucket.
        """

        def find() -> list[str]:
            paginator = self._client(session).get_paginator("list_objects_v2")
            pages = paginator.paginate(Bucket=prefix.bucket, Prefix=prefix.key)
            found = (entry["Key"] for page in pages for entry in page.get("Contents", []))
            return [key for key in found if not key.endswith("/")]

        return await _reported(prefix, find)


async def _reported(uri: S3Uri, work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except (BotoCoreError, ClientError) as error:
        raise ObjectError(f"{uri}: {error}") from error
