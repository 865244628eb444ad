"""The bucket's promises, kept by S3 in the local cloud and by the store that unit tests use."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from lambda_api.errors import StorageError
from lambda_api.storage.object_store import ChangedError
from tests.support.service.memory_store import MemoryStore


@pytest.fixture(params=["s3", "memory"])
def store(request):
    return request.getfixturevalue("storage") if request.param == "s3" else MemoryStore()


@pytest.fixture
def folder(request):
    """A prefix of this test's own: the bucket is shared."""
    return f"{request.node.name}/"


def test_what_is_not_there_reads_as_nothing(store, folder):
    assert store.get(f"{folder}x") is None
    assert store.info(f"{folder}x") is None
    assert list(store.stream(f"{folder}x")) == []
    store.delete(f"{folder}x")


def test_what_was_written_is_read(store, folder):
    store.put(f"{folder}x", b"one")
    store.put(f"{folder}x", b"two two two")

    assert store.get(f"{folder}x").body == b"two two two"
    assert store.info(f"{folder}x").size == 11
    assert b"".join(store.stream(f"{folder}x")) == b"two two two"


def test_a_range_is_read_without_the_rest_also_after_a_close(storage, folder):
    content = bytes(range(256)) * 10_000
    storage.put(f"{folder}x", content)

    assert b"".join(storage.read_range(f"{folder}x", 100, 2_000_100)) == content[100:2_000_100]
    storage.close()
    assert b"".join(storage.read_range(f"{folder}x", 2_559_999, 2_560_000)) == b"\xff"
    with pytest.raises(StorageError, match="try again"):
        list(storage.read_range(f"{folder}none", 0, 1))


def test_what_is_there_cannot_be_created(store, folder):
    store.create(f"{folder}x", b"one")

    with pytest.raises(ChangedError):
        store.create(f"{folder}x", b"two")
    assert store.get(f"{folder}x").body == b"one"


def test_one_of_many_creates_it(store, folder):
    def create(number):
        try:
            store.create(f"{folder}x", str(number).encode())
        except ChangedError:
            return None
        return number

    with ThreadPoolExecutor(8) as threads:
        winners = [number for number in threads.map(create, range(8)) if number is not None]

    assert [str(number).encode() for number in winners] == [store.get(f"{folder}x").body]


def test_only_the_version_that_was_read_is_replaced(store, folder):
    store.put(f"{folder}x", b"one")
    read = store.get(f"{folder}x")
    store.replace(f"{folder}x", b"two", read.etag)

    with pytest.raises(ChangedError):
        store.replace(f"{folder}x", b"three", read.etag)
    store.delete(f"{folder}x")
    with pytest.raises(ChangedError):
        store.replace(f"{folder}x", b"four", read.etag)


def test_objects_are_listed_in_order_and_from_anywhere(store, folder):
    for name in ("b", "a", "c"):
        store.put(f"{folder}{name}", b"")

    assert [found.key for found in store.list(folder)] == [f"{folder}{n}" for n in "abc"]
    assert [found.key for found in store.list(folder, f"{folder}a")] == [
        f"{folder}{n}" for n in "bc"
    ]


def test_all_below_a_prefix_is_deleted_and_nothing_beside(store, folder):
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: store.put(f"{folder}below/{n:04}", b""), range(1005)))
    store.put(f"{folder}below-not", b"")
    store.delete_below(f"{folder}below/")
    store.delete_below(f"{folder}below/")

    assert [info.key for info in store.list(folder)] == [f"{folder}below-not"]
