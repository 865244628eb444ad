"""Headers of model files in S3, laid out as a directory that the inspection can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

from doctor.surroundings import Surroundings

_GGUF_HEADER: Final = 32 * 2**20
"""Bytes of a GGUF file that are read: a tokenizer of 256,000 tokens takes about 10 MB."""

_MOST_JSON: Final = 100_000_000
_LENGTH: Final = 8
"""Bytes at the beginning of a safetensors file that hold the length of its header."""


@dataclass(frozen=True)
class Prefix:
    """Objects below a prefix.

    Attributes:
        uri: `s3://bucket/prefix/`.
        sizes: bytes by key, relative to the prefix.
        region: region of the bucket; None where S3 does not tell.
    """

    uri: str
    sizes: Mapping[str, int]
    region: str | None

    @property
    def bytes(self) -> int:
        """Bytes of all objects."""
        return sum(self.sizes.values())

    def has(self, pattern: str) -> bool:
        """Tell whether an object beside or below the prefix has a name like that."""
        return any(PurePosixPath(name).match(pattern) for name in self.sizes)


def list_prefix(around: Surroundings, uri: str) -> Prefix:
    """List the objects below a prefix, without "folders", which the console leaves behind."""
    place = urlsplit(uri)
    prefix, sizes, region = place.path.lstrip("/"), dict[str, int](), None
    pages = around.client("s3").get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=place.netloc, Prefix=prefix):
        region = page["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")
        for found in page.get("Contents", ()):
            if not found["Key"].endswith("/"):
                sizes[found["Key"].removeprefix(prefix)] = found["Size"]
    return Prefix(uri, sizes, region)


def lay_out(around: Surroundings, prefix: Prefix, directory: Path) -> None:
    """Write each model file's header to a file of the object's size, with a hole for the rest.

    Only what the inspection reads is fetched: JSON whole, of weights the header.
    """
    for name, size in prefix.sizes.items():
        if not _is_inside(name):
            continue
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.writelines(_header(around, prefix.uri, name, size))
            file.truncate(size)


def _is_inside(name: str) -> bool:
    """Tell whether a key, as a path, stays below the directory that it is written to."""
    return not name.startswith("/") and not {"..", "", "."} & {*name.split("/")}


def _header(around: Surroundings, uri: str, name: str, size: int) -> Iterator[bytes]:
    if name.endswith(".json") and 0 < size <= _MOST_JSON and "/" not in name:
        if not name.startswith("tokenizer"):
            yield _read(around, uri + name, 0, size)
    elif name.endswith(".gguf") and size:
        yield _read(around, uri + name, 0, min(size, _GGUF_HEADER))
    elif name.endswith(".safetensors") and size >= _LENGTH:
        begin = _read(around, uri + name, 0, _LENGTH)
        length = int.from_bytes(begin, "little")
        yield begin
        if 0 < length <= min(size - _LENGTH, _MOST_JSON):
            yield _read(around, uri + name, _LENGTH, length)


def _read(around: Surroundings, uri: str, start: int, length: int) -> bytes:
    place = urlsplit(uri)
    answer: Mapping[str, Any] = around.client("s3").get_object(
        Bucket=place.netloc,
        Key=place.path.lstrip("/"),
        Range=f"bytes={start}-{start + length - 1}",
    )
    content: bytes = answer["Body"].read()
    return content
