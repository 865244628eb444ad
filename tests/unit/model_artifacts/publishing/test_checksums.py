"""Fingerprints of files: the same numbers that S3 reports."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from pathlib import Path

import pytest

from model_artifacts.publishing.checksums import check_at_rest, fingerprint
from model_artifacts.publishing.errors import PublishingError


def base64_of(content: bytes) -> str:
    return b64encode(hashlib.sha256(content).digest()).decode()


@pytest.mark.parametrize("content", [b"", b"a", b"abc"])
def test_small_file_has_one_checksum(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f").write_bytes(content)
    found = fingerprint(tmp_path / "f", part_bytes=4)
    assert found.size == len(content)
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert found.s3 == base64_of(content)


@pytest.mark.parametrize(
    ("content", "parts"),
    [(b"abcd", [b"abcd"]), (b"abcde", [b"abcd", b"e"]), (b"abcdefgh", [b"abcd", b"efgh"])],
)
def test_file_in_parts_has_the_checksum_of_their_checksums(
    tmp_path: Path, content: bytes, parts: list[bytes]
) -> None:
    (tmp_path / "f").write_bytes(content)
    found = fingerprint(tmp_path / "f", part_bytes=4)
    joined = b"".join(hashlib.sha256(part).digest() for part in parts)
    assert found.s3 == f"{base64_of(joined)}-{len(parts)}"
    assert found.sha256 == hashlib.sha256(content).hexdigest()


def test_file_that_is_no_longer_the_same_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"abc")
    before = file.stat()
    check_at_rest(file, before)
    os.utime(file, (0, 0))
    with pytest.raises(PublishingError, match="f: changed while it was read"):
        check_at_rest(file, before)
    file.unlink()
    with pytest.raises(PublishingError, match="f: changed while it was read"):
        check_at_rest(file, before)


def test_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PublishingError, match="gone: No such file"):
        fingerprint(tmp_path / "gone")
