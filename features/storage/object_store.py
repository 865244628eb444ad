"""The port to a bucket: objects under keys, and conditional writes that decide races."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


class ChangedError(Exception):
    """A conditional write that came too late: somebody else wrote or deleted the object."""


@dataclass(frozen=True)
class ObjectInfo:
    """An object without its bytes.

    Attributes:
        key: Name in the bucket.
        size: Bytes.
        modified: The time of the last write.
    """

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True)
class StoredObject:
    """An object with its bytes.

    Attributes:
        body: The bytes; None if there are more than the reader wanted.
        etag: The name of this version, for `replace`.
        modified: The time of the last write.
        size: Bytes of the object, read or not.
        metadata: The user's metadata, with names in lower case.
    """

    body: bytes | None
    etag: str
    modified: datetime
    size: int
    metadata: Mapping[str, str] = field(default_factory=dict)


class ObjectStore(Protocol):
    """A bucket. Methods block, and raise a StorageError if the bucket cannot be used."""

    def get(self, key: str, most: int | None = None) -> StoredObject | None:
        """Return an object; without its bytes if it has more than `most`; None if there is none."""

    def put(self, key: str, body: bytes) -> None:
        """Write an object, replacing any older version."""

    def create(self, key: str, body: bytes) -> None:
        """Write an object that must not exist yet.

        Raises:
            ChangedError: The object exists.
        """

    def replace(self, key: str, body: bytes, etag: str) -> None:
        """Replace the version that `get` returned.

        Raises:
            ChangedError: The object is another version by now, or gone.
        """

    def delete(self, key: str) -> None:
        """Delete an object, if there is one."""

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield the objects below a prefix, in the order of keys."""

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield the names of the folders right below a prefix, in the order of keys."""
