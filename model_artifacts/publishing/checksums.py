"""SHA-256 of a file, twice: of the whole, and as S3 computes that of an object in parts."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from model_artifacts.publishing.errors import PublishingError

PART_BYTES = 64 * 2**20
"""Bytes of a part of an upload, and the size from which on a file is uploaded in parts.

S3 takes 10,000 parts at most, so that a file may have 640 GB:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""

_CHUNK_BYTES = 2**20


@dataclass(frozen=True)
class Fingerprint:
    """The content of a file at one moment.

    Attributes:
        size: bytes.
        sha256: of the whole, in hex digits.
        s3: checksum that S3 reports of such an object: of the whole in base64, or of the parts'
            checksums, followed by their number:
            https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
    """

    size: int
    sha256: str
    s3: str


def fingerprint(path: Path, part_bytes: int = PART_BYTES) -> Fingerprint:
    """Read a file and return its fingerprint; memory stays below two megabytes.

    Raises:
        PublishingError: The file cannot be read, or changed while it was.
    """
    whole, parts = hashlib.sha256(), list[bytes]()
    try:
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            for begin in range(0, before.st_size, part_bytes):
                part = hashlib.sha256()
                for chunk in _chunks(file, min(part_bytes, before.st_size - begin)):
                    whole.update(chunk)
                    part.update(chunk)
                parts.append(part.digest())
    except OSError as error:
        raise PublishingError(f"{path}: {error.strerror}; must be readable") from error
    check_at_rest(path, before)
    if before.st_size < part_bytes:
        s3 = b64encode(whole.digest()).decode()
    else:
        s3 = f"{b64encode(hashlib.sha256(b''.join(parts)).digest()).decode()}-{len(parts)}"
    return Fingerprint(before.st_size, whole.hexdigest(), s3)


def _chunks(file: BinaryIO, length: int) -> Iterator[bytes]:
    while length and (chunk := file.read(min(length, _CHUNK_BYTES))):
        length -= len(chunk)
        yield chunk


def check_at_rest(path: Path, before: os.stat_result) -> None:
    """Refuse a file that has changed since.

    Raises:
        PublishingError: Size or time of modification differ, or it is another file.
    """
    try:
        now = path.stat()
    except OSError as error:
        raise PublishingError(f"{path}: changed while it was read; must be at rest") from error
    seen = [(s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns) for s in (before, now)]
    if seen[0] != seen[1]:
        raise PublishingError(f"{path}: changed while it was read; must be at rest")
