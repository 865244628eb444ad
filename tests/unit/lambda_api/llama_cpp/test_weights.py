"""Weights out of a bucket: found, whole, and the ones that were published."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from lambda_api.errors import StorageError
from lambda_api.llama_cpp.weights import (
    RANGE_BYTES,
    EngineStartError,
    download,
    find_weights,
)


@dataclass
class Object:
    key: str
    size: int


@dataclass
class Bucket:
    """Objects in memory; `failures` counts down the reads that break off in the middle."""

    objects: dict[str, bytes]
    failures: int = 0
    lost: int = 0
    reads: list[tuple[int, int]] = field(default_factory=list)

    def list(self, prefix: str) -> Iterator[Object]:
        found = (name for name in self.objects if name.startswith(prefix))
        return (Object(name, len(self.objects[name]) + self.lost) for name in found)

    def read_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        self.reads.append((start, end))
        content = self.objects[key][start:end]
        half = len(content) // 2
        yield content[:half]
        if self.failures:
            self.failures -= 1
            raise StorageError("no", reason="S3 SlowDown")
        yield content[half:]


CONTENT = os.urandom(2 * RANGE_BYTES + 12345)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def bucket(**settings: int) -> Bucket:
    return Bucket({"models/a/README.md": b"the card", "models/a/m.gguf": CONTENT}, **settings)


def test_ranges_make_the_whole_file_even_where_one_breaks_off() -> None:
    source = bucket(failures=2)
    weights = download(source, find_weights(source, "models/a/"), SHA256)
    with open(weights.path, "rb") as file:  # noqa: PTH123 - a descriptor's path
        assert file.read() == CONTENT
    assert weights.size == len(CONTENT)
    assert len(source.reads) == 3 + 2
    weights.close()


@pytest.mark.parametrize(
    ("objects", "got"), [({}, "none"), ({"p/a.gguf": b"", "p/b.gguf": b""}, "a.gguf, b.gguf")]
)
def test_one_file_is_wanted(objects: dict[str, bytes], got: str) -> None:
    with pytest.raises(EngineStartError, match=f"got {got}; must be one"):
        find_weights(Bucket(objects), "p/")


@pytest.mark.parametrize(
    ("settings", "sha256", "message"),
    [
        ({}, "0" * 64, "must be 0000"),
        ({"lost": 7}, None, "got .* bytes; must be"),
        ({"failures": 99}, None, "S3 SlowDown"),
    ],
)
def test_what_is_not_whole_leaves_nothing(
    settings: dict[str, int], sha256: str | None, message: str
) -> None:
    source, before = bucket(**settings), len(os.listdir("/dev/fd"))  # noqa: PTH208
    with pytest.raises(EngineStartError, match=message):
        download(source, find_weights(source, "models/a/"), sha256)
    assert len(os.listdir("/dev/fd")) == before  # noqa: PTH208
