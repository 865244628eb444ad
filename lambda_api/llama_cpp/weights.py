"""Weights brought from a bucket into memory: ranges side by side, checked before a load."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from lambda_api.errors import StorageError

RANGE_BYTES = 16 * 2**20
"""Bytes of one request."""
_AT_ONCE = 8
"""Requests at once. Lambda's network gives about 75 MB/s in all, however many and at any memory:
https://github.com/sjakthol/aws-network-benchmark"""
_TRIES = 3
_SUFFIX = ".gguf"


class EngineStartError(Exception):
    """An engine that cannot start; the message is a line of the function's log."""


class Listed(Protocol):
    """An object of a bucket."""

    @property
    def key(self) -> str:
        """The key."""

    @property
    def size(self) -> int:
        """The size in bytes."""


class Bucket(Protocol):
    """A bucket as the download uses it. Methods block, and raise a StorageError."""

    def list(self, prefix: str) -> Iterable[Listed]:
        """Yield the objects below a prefix."""

    def read_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of an object from `start` to `end`, which is left out."""


@dataclass(frozen=True)
class Weights:
    """A model's file in memory.

    Attributes:
        descriptor: Of the file, which no directory names.
        path: By which this process opens the file.
        size: Bytes of it.
    """

    descriptor: int
    path: str
    size: int

    def close(self) -> None:
        """Give the memory back, as soon as nothing maps the file."""
        os.close(self.descriptor)


def find_weights(bucket: Bucket, prefix: str) -> Listed:
    """Return the one `*.gguf` below a prefix.

    Raises:
        EngineStartError: There is none, or there are several, or the bucket cannot be read.
    """
    try:
        found = [each for each in bucket.list(prefix) if each.key.endswith(_SUFFIX)]
    except StorageError as error:
        raise EngineStartError(f"weights below {prefix}: {error.reason}") from error
    if len(found) != 1:
        names = ", ".join(each.key.removeprefix(prefix) for each in found) or "none"
        raise EngineStartError(f"weights below {prefix}: got {names}; must be one *{_SUFFIX}")
    return found[0]


def download(bucket: Bucket, weights: Listed, sha256: str | None) -> Weights:
    """Bring a file into memory.

    Args:
        bucket: The bucket with the file.
        weights: The file, as `find_weights` returned it.
        sha256: Digest of its content in hex digits; None where nobody knows, and size must do.

    Raises:
        EngineStartError: The bucket cannot be read, or the file is not what was published.
    """
    file = _in_memory(weights.size)
    try:
        fetch = partial(_fetch, bucket, weights, file.descriptor)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for _ in pool.map(fetch, range(0, weights.size, RANGE_BYTES)):
                pass
        _check(file, weights.key, sha256)
    except BaseException:
        file.close()
        raise
    return file


def _in_memory(size: int) -> Weights:
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("weights.gguf")
        path = f"/proc/self/fd/{descriptor}"
    else:  # no Lambda: a developer's macOS
        descriptor, path = tempfile.mkstemp(suffix=_SUFFIX)
    os.ftruncate(descriptor, size)
    return Weights(descriptor, path, size)


def _fetch(bucket: Bucket, weights: Listed, descriptor: int, start: int) -> None:
    """Write a range, from its start again where a read broke off."""
    end = min(start + RANGE_BYTES, weights.size)
    for tried in range(1, _TRIES + 1):
        try:
            at = start
            for part in bucket.read_range(weights.key, start, end):
                at += os.pwrite(descriptor, part, at)
        except StorageError as error:
            if tried == _TRIES:
                raise EngineStartError(f"weights {weights.key}: {error.reason}") from error
        else:
            if at == end:
                return
    raise EngineStartError(f"weights {weights.key}: got {at} bytes; must be {end} to here")


def _check(file: Weights, key: str, sha256: str | None) -> None:
    if sha256 is None:
        return
    with Path(file.path).open("rb") as content:
        got = hashlib.file_digest(content, "sha256").hexdigest()
    if got != sha256:
        raise EngineStartError(f"weights {key}: got SHA-256 {got}; must be {sha256}")
