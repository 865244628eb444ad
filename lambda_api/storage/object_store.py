"""The port to a bucket: objects under keys, and conditional writes that decide races."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class ChangedError(Exception):
    """A conditional write that came too late: somebody else wrote or deleted the object."""


@dataclass(frozen=True)
class StoredObject:
    """An object with its bytes.

    Attributes:
        body: The bytes.
        etag: The name of this version, for `replace`.
        modified: The time of the last write.
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
    """A bucket. Methods block, and raise a StorageError if the bucket cannot be used."""

    def get(self, key: str) -> StoredObject | None:
        """Return an object with its bytes; None if there is none."""

    def info(self, key: str) -> ObjectInfo | None:
        """Return an object without its bytes; None if there is none."""

    def stream(self, key: str) -> Iterator[bytes]:
        """Yield an object's bytes in parts cut anywhere; nothing if there is none."""

    def put(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        """Write an object, replacing any older version."""

    def create(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        """Write an object that must not exist yet.

        Raises:
            ChangedError: The object exists.
        """

    def replace(self, key: str, body: bytes, etag: str) -> None:
        """Replace the version that `get` returned.

        Raises:
            ChangedError: The object is another version by now, or gone.
        """

    def upload(self, key: str, parts: Iterable[bytes]) -> int:
        """Write an object of any size from parts, replacing any older version; return its size."""

    def delete(self, key: str) -> None:
        """Delete an object, if there is one."""

    def delete_below(self, prefix: str) -> None:
        """Delete every object below a prefix."""

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """Yield the objects below a prefix with keys after `after`, in the order of keys."""

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        """Yield the names of the folders below a prefix, those after the name `after`, in order."""

    def upload_url(self, key: str, seconds: int, size: int) -> str:
        """Return a URL that accepts a PUT of exactly `size` bytes for some seconds."""

    def download_url(self, key: str, seconds: int) -> str:
        """Return a URL that serves an object for some seconds."""

    def uri(self, key: str) -> str:
        """Return an object's s3:// URI."""
