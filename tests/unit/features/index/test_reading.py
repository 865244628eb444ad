from __future__ import annotations

import pytest

from features.embedding.embedder import EmbedderIdentity
from features.errors import StorageError
from features.index.paths import IndexPaths
from features.index.reading import read_current, read_generation, read_segment, read_serving
from tests.support.features.memory_bucket import MemoryBucket

PATHS = IndexPaths("docs", EmbedderIdentity("minilm", "abc", 384))


def test_nothing_published_yet_is_nothing():
    assert read_serving(MemoryBucket(), "docs") is None
    assert read_current(MemoryBucket(), PATHS) is None


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff"])
def test_damaged_pointers_are_told(body):
    bucket = MemoryBucket()
    for key in (PATHS.current, PATHS.serving):
        bucket.put(key, body)
    name, etag = read_current(bucket, PATHS)
    assert etag == bucket.objects[PATHS.current].etag
    with pytest.raises(StorageError, match="is damaged"):
        read_generation(bucket, PATHS, name)
    with pytest.raises(StorageError, match="is damaged"):
        read_serving(bucket, "docs")


@pytest.mark.parametrize(
    ("read", "key"), [(read_generation, "generation"), (read_segment, "segment")]
)
def test_what_is_gone_or_has_another_digest_is_told(read, key):
    bucket = MemoryBucket()
    with pytest.raises(StorageError, match="is gone"):
        read(bucket, PATHS, "abc")
    bucket.put(getattr(PATHS, key)("abc"), b"x")
    with pytest.raises(StorageError, match="another digest"):
        read(bucket, PATHS, "abc")
