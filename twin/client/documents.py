"""A directory brought to a store: what changed is uploaded, what is gone is deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from twin.errors import UserError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import ObjectTypeDef as Object

_THREADS = 8
_MOST_SHARE_GONE: Final = 0.5
"""Share of a store's documents that may go without being asked about."""

_SIDECAR: Final = ".metadata.json"
"""Ending of the file with a document's attributes."""

_PATHS_AT_ONCE: Final = 5000
"""Paths in one question to the search function, whose answers have 6 MB."""


@dataclass(frozen=True)
class SyncPlan:
    """The steps that make a store equal to a directory.

    Attributes:
        uploads: Files to upload, by key.
        deletions: Keys to delete.
        unchanged: Number of documents that are as they should be.
        there: Number of documents that the store has before.
    """

    uploads: Mapping[str, Path]
    deletions: list[str]
    unchanged: int
    there: int

    @property
    def summary(self) -> str:
        """The plan in a line."""
        return (
            f"{len(self.uploads)} to upload, {len(self.deletions)} to delete, "
            f"{self.unchanged} unchanged"
        )

    def refuse_surprises(self, directory: Path) -> None:
        """Refuse a directory that is empty, or that would take most of the store away.

        Raises:
            UserError: It is probably the wrong directory.
        """
        kept = self.unchanged + len(self.uploads)
        if not kept:
            raise UserError(f"{directory} has no files: with --yes the store is emptied")
        if len(self.deletions) > self.there * _MOST_SHARE_GONE:
            raise UserError(
                f"{len(self.deletions)} of {self.there} documents would be deleted: say --yes if "
                f"{directory} is the right directory, or look with --dry-run"
            )


def plan_sync(directory: Path, prefix: str, etags: Mapping[str, str]) -> SyncPlan:
    """Return the plan that makes what lies below a prefix equal to a directory.

    Hidden files and directories are left out.

    Args:
        directory: the directory.
        prefix: the store's prefix, ending in a slash.
        etags: entity tags of what lies there, by key: MD5 digests, as each object is one part.
    """
    files = {
        f"{prefix}{path.relative_to(directory).as_posix()}": path
        for path in sorted(directory.rglob("*"))
        if path.is_file() and not _is_hidden(path.relative_to(directory))
    }
    uploads = {key: path for key, path in files.items() if etags.get(key) != _md5(path)}
    gone = sorted(etags.keys() - files.keys())
    return SyncPlan(uploads, gone, len(files) - len(uploads), len(etags))


def list_documents(client: S3Client, bucket: str, prefix: str) -> dict[str, str]:
    """Return the entity tags of what lies below a prefix, by key."""
    found = _listed(client, bucket, prefix)
    return {item["Key"]: item["ETag"].strip('"') for item in found}


@dataclass(frozen=True)
class Waiting:
    """The documents that the index does not have as they are now.

    Attributes:
        count: Number of documents.
        oldest: Time of the oldest upload among them; None if nothing waits.
    """

    count: int
    oldest: datetime | None


def waiting_documents(
    client: S3Client,
    bucket: str,
    prefix: str,
    states: Callable[[list[str]], Mapping[str, Mapping[str, Any]]],
) -> Waiting:
    """Return what waits to be read: uploads that the index does not have, or not yet this version.

    Args:
        client: S3's client.
        bucket: the bucket.
        prefix: the store's prefix, ending in a slash.
        states: function that returns the index's entries of some paths, with `modified`.
    """
    uploads = {
        item["Key"].removeprefix(prefix): item["LastModified"]
        for item in _listed(client, bucket, prefix)
        if not item["Key"].endswith((_SIDECAR, "/"))
    }
    paths = list(uploads)
    entries: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(paths), _PATHS_AT_ONCE):
        entries |= states(paths[start : start + _PATHS_AT_ONCE])
    late = [
        uploaded
        for path, uploaded in uploads.items()
        # A header tells whole seconds, a listing may tell more.
        if entries.get(path, {}).get("modified", 0) < int(uploaded.timestamp())
    ]
    return Waiting(len(late), min(late, default=None))


def carry_out(
    plan: SyncPlan, client: S3Client, bucket: str, note: Callable[[str], None] = lambda _key: None
) -> None:
    """Upload, then delete if all came; a run that broke off is taken up by the next one.

    Args:
        plan: the plan.
        client: S3's client.
        bucket: the bucket.
        note: called with each key that is done.
    """

    def put(key: str) -> None:
        client.put_object(Bucket=bucket, Key=key, Body=plan.uploads[key].read_bytes())
        note(key)

    def delete(key: str) -> None:
        client.delete_object(Bucket=bucket, Key=key)
        note(key)

    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(put, plan.uploads))
        # Only then: of a file that was given another name, one of the two is there all the time.
        list(threads.map(delete, plan.deletions))


def _listed(client: S3Client, bucket: str, prefix: str) -> Iterator[Object]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return (item for page in pages for item in page.get("Contents", []))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
