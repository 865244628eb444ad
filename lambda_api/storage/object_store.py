"""A bucket as the service sees it: objects under keys, and writes that decide a race."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class ChangedError(Exception):
    """A conditional write came too late: somebody else wrote or deleted the object."""


@dataclass(frozen=True)
class StoredObject:
    """An object as it was read.

    Args:
        body: Its bytes.
        etag: Names this version of it, for `replace`.
        modified: When it was written.
    """

    body: bytes
    etag: str
    modified: datetime


@dataclass(frozen=True)
class ObjectInfo:
    """An object without its bytes."""

    key: str
    size: int
    modified: datetime


class ObjectStore(Protocol):
    """One bucket. Every method blocks, and raises a StorageError when the bucket cannot be used."""

    def get(self, key: str) -> StoredObject | None:
        """Read an object; None if there is none."""

    def info(self, key: str) -> ObjectInfo | None:
        """Look at an object without reading it; None if there is none."""

    def stream(self, key: str) -> Iterator[bytes]:
        """Read an object in parts cut anywhere; nothing if there is none."""

    def put(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        """Write an object, over what may be there."""

    def create(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        """Write an object that must not be there yet.

        Raises:
            ChangedError: It is there.
        """

    def replace(self, key: str, body: bytes, etag: str) -> None:
        """Write over the version that `get` read.

        Raises:
            ChangedError: It is not that version any more.
        """

    def upload(self, key: str, parts: Iterable[bytes]) -> int:
        """Write an object of any size from parts, over what may be there; give its size."""

    def delete(self, key: str) -> None:
        """Delete an object, if it is there."""

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """The objects below a prefix in the order of their keys, those after the key `after`."""

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        """The names of the folders below a prefix, in order, those after the name `after`."""

    def upload_url(self, key: str, seconds: int, size: int) -> str:
        """A URL that takes a PUT of an object of exactly `size` bytes for a while."""

    def download_url(self, key: str, seconds: int) -> str:
        """A URL that gives an object for a while."""

    def uri(self, key: str) -> str:
        """The object's s3:// URI."""
